"""Where a job sees its folder: at /opt/ml where the system allows it, else under SAGEMAKER_BASE_DIR."""

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
"""Set to ``rewrite`` to have jobs use SAGEMAKER_BASE_DIR even where /opt/ml can be had."""

_IN_TEXT = re.compile(r"(?<![\w./-])/opt/ml(?=/|$|[\s:,;\"'])")
_PROBE_SECONDS = 20


def inside(path: str, base: Path) -> Path:
    """The place in the job's folder `base` of a path below /opt/ml.

    Raises:
        JobFailedError: when the path lies elsewhere.
    """
    wanted = PurePosixPath(path)
    if ".." in wanted.parts or not wanted.is_relative_to(ROOT):
        raise JobFailedError(f"ClientError: path {path!r} must lie below {ROOT}/")
    return base / wanted.relative_to(ROOT)


@functools.cache
def literal(*, isolate: bool = False) -> bool:
    """Whether a folder can be put at /opt/ml (and, with `isolate`, the network cut off). Tried once."""
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


def command(argv: Sequence[str], base: Path, *, isolate: bool) -> list[str]:
    """The command line that runs `argv` so that it finds its folder `base`.

    Args:
        argv: the container's command.
        base: the folder that is /opt/ml to the job.
        isolate: cut off the network too, where the system allows it.
    """
    if literal(isolate=isolate):
        return [*_launcher(base, isolate=isolate), *argv]
    if literal():
        return [*_launcher(base, isolate=False), *argv]
    return [rewritten(word, base) for word in argv]


def environment(variables: Mapping[str, str], base: Path) -> dict[str, str]:
    """The variables as the job is to see them, with SAGEMAKER_BASE_DIR where /opt/ml cannot be had."""
    if literal():
        return dict(variables)
    seen = {name: rewritten(value, base) for name, value in variables.items()}
    return {**seen, "SAGEMAKER_BASE_DIR": str(base)}


def rewritten(text: str, base: Path) -> str:
    """`text` with every path below /opt/ml turned into one below `base`."""
    return _IN_TEXT.sub(lambda _: str(base), text)


def _launcher(base: Path, *, isolate: bool) -> list[str]:
    script = [sys.executable, "-I", "-S", str(Path(namespace.__file__))]
    return [*script, *(["--isolate"] if isolate else []), str(base)]
