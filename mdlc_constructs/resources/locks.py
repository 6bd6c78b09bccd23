"""Reads a lock for another Python than the one that runs: pip judges markers by its own."""

from packaging.requirements import Requirement

_CONTINUED = "\\"


def for_python(lock: str, python: str) -> str:
    """The requirements of a lock that hold for a Python on 64-bit Linux, without their markers.

    A lock for every Python holds some packages in several versions, each with a marker. `pip download
    --python-version` chooses wheels for that Python, but which of the versions it takes is decided by the
    Python that pip runs on.

    Args:
        lock: text of a requirements file with hashes.
        python: such as `3.12`.
    """
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    kept = []
    for entry in _entries(lock):
        named, *hashes = entry
        requirement = Requirement(named.removesuffix(_CONTINUED).strip())
        if requirement.marker is None or requirement.marker.evaluate(environment):
            requirement.marker = None
            kept.append("\n".join((f"{requirement} {_CONTINUED}" if hashes else str(requirement), *hashes)))
    return "\n".join(kept) + "\n"


def _entries(lock: str) -> list[list[str]]:
    """The lines of each requirement, comments aside."""
    entries: list[list[str]] = []
    for line in lock.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            entries[-1].append(line)
        else:
            entries.append([line])
    return entries
