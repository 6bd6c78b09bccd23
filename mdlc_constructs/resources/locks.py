"""Reads a lock file for another Python version: pip evaluates markers for the Python that runs it."""

import ast
import operator
from collections.abc import Mapping

_CONTINUED = "\\"

_VERSIONS = ("python_version", "python_full_version")
_COMPARED = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def for_python(lock: str, python: str) -> str:
    """The requirements of a lock file that apply to a Python version on 64-bit Linux, without their markers.

    A lock file for all Python versions holds some packages in several versions, each with a marker. `pip
    download --python-version` chooses the wheels for that version, but evaluates the markers for the Python
    that pip runs on.

    Args:
        lock: text of a requirements file with hashes.
        python: the version, such as `3.12`.
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
        requirement, _, marker = named.removesuffix(_CONTINUED).partition(" ; ")
        requirement = requirement.strip()
        if not marker or holds(marker.strip(), environment):
            kept.append("\n".join((f"{requirement} {_CONTINUED}" if hashes else requirement, *hashes)))
    return "\n".join(kept) + "\n"


def holds(marker: str, environment: Mapping[str, str]) -> bool:
    """Whether a marker, as uv writes it, is true: comparisons of variables with texts, `and`, `or`.

    Such a marker is valid Python, so it is parsed with `ast`: every synthesis reads lock files, which should
    need no further package.

    Raises:
        ValueError: for a marker with anything else in it.
    """

    def value(node: ast.expr) -> bool:
        match node:
            case ast.BoolOp(op=ast.And()):
                return all(value(part) for part in node.values)
            case ast.BoolOp(op=ast.Or()):
                return any(value(part) for part in node.values)
            case ast.Compare(
                left=ast.Name(id=name), ops=[compared], comparators=[ast.Constant(value=str(text))]
            ) if name in environment and type(compared) in _COMPARED:
                sides = (environment[name], text)
                left, right = map(_version, sides) if name in _VERSIONS else sides
                return bool(_COMPARED[type(compared)](left, right))
        raise ValueError(
            f"The marker {marker!r} of a lock cannot be read here: pin the package without it, or write "
            f"it as comparisons of {', '.join(environment)} with texts."
        )

    return value(ast.parse(marker, mode="eval").body)


def _version(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _entries(lock: str) -> list[list[str]]:
    """The lines of each requirement, without comments."""
    entries: list[list[str]] = []
    for line in lock.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            entries[-1].append(line)
        else:
            entries.append([line])
    return entries
