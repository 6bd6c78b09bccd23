"""A job's folder: at /opt/ml where the system allows it, else at the path in SAGEMAKER_BASE_DIR."""

import functools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from mdlc_local.sagemaker.containers import namespace
from mdlc_local.sagemaker.faults import JobFailedError

ROOT = PurePosixPath("/opt/ml")

SWITCH = "MDLC_LOCAL_OPT_ML"
"""The environment variable that, set to ``rewrite``, makes jobs use SAGEMAKER_BASE_DIR in any case."""

_IN_TEXT = re.compile(r"(?<![\w./-])/opt/ml(?=/|$|[\s:,;\"'])")
_PROBE_SECONDS = 20


def inside(path: str, base: Path) -> Path:
    """The path in the job's folder `base` for a path below /opt/ml.

    Raises:
        JobFailedError: when the path is not below /opt/ml.
    """
    wanted = PurePosixPath(path)
    if ".." in wanted.parts or not wanted.is_relative_to(ROOT):
        raise JobFailedError(f"ClientError: path {path!r} must lie below {ROOT}/")
    return base / wanted.relative_to(ROOT)


@functools.cache
def literal(*, isolate: bool = False) -> bool:
    """Whether a folder can be mounted at /opt/ml (and with `isolate`, the network disabled); tried once."""
    if sys.platform != "linux" or os.environ.get(SWITCH) == "rewrite":
        return False
    with tempfile.TemporaryDirectory(prefix="mdlc-probe-") as folder:
        (Path(folder) / "probe").touch()
        try:
            tried = subprocess.run(
                [*_launcher(Path(folder), isolate=isolate), "/bin/sh", "-c", "test -e /opt/ml/probe"],
                capture_output=True,
                timeout=_PROBE_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return tried.returncode == 0


def command(
    argv: Sequence[str],
    base: Path,
    *,
    isolate: bool,
    hosts: Path | None = None,
    network_of: int | None = None,
) -> list[str]:
    """The command line that runs a container's command with its folder at /opt/ml if possible.

    Args:
        argv: the container's command.
        base: the folder for the job's /opt/ml.
        isolate: whether to disable the network too, where the system allows that.
        hosts: a file for /etc/hosts.
        network_of: the process whose private network an isolated command shares.
    """
    if not literal():
        return [rewritten(word, base) for word in argv]
    private = isolate and literal(isolate=True)
    return [*_launcher(base, isolate=private, hosts=hosts, network_of=network_of), *argv]


def environment(variables: Mapping[str, str], base: Path) -> dict[str, str]:
    """The job's environment variables; where /opt/ml cannot be mounted, with rewritten paths.

    SAGEMAKER_BASE_DIR is added in that case.
    """
    if literal():
        return dict(variables)
    seen = {name: rewritten(value, base) for name, value in variables.items()}
    return {**seen, "SAGEMAKER_BASE_DIR": str(base)}


def rewritten(text: str, base: Path) -> str:
    """`text` with every path below /opt/ml replaced by one below `base`."""
    return _IN_TEXT.sub(lambda _: str(base), text)


def _launcher(
    base: Path, *, isolate: bool, hosts: Path | None = None, network_of: int | None = None
) -> list[str]:
    script = [sys.executable, "-I", "-S", str(Path(namespace.__file__))]
    network = ["--isolate"] if network_of is None else ["--join", str(network_of)]
    names = [] if hosts is None else ["--hosts", str(hosts)]
    return [*script, *(network if isolate else []), *names, str(base)]
