"""Virtual environments of programs that must not share the main one, each created once from its lock file."""

import platform
import sys
from pathlib import Path

import uv

from mdlc_cli import places
from mdlc_cli.tools import cache
from mdlc_cli.tools.tool_process import run_tool

_REMEDY = "check that the package index is reachable from here, then try again"


def environment_of(lock: Path) -> Path:
    """The Python program of an environment with exactly the lock file's packages; in the user's cache.

    Raises:
        mdlc_cli.errors.ToolFailedError: when the environment cannot be created.
    """
    here = f"{sys.version_info[0]}.{sys.version_info[1]} {sys.platform} {platform.machine()}"
    key = cache.digest([lock.read_bytes(), here.encode(), b"compiled"])
    program = uv.find_uv_bin()

    def build(target: Path) -> int:
        venv = str(target / "venv")
        for words in (
            ["venv", "--no-project", "--python", sys.executable, venv],
            [
                *("pip", "sync", "--require-hashes", "--compile-bytecode"),
                *("--python", f"{venv}/bin/python", str(lock)),
            ],
        ):
            run_tool([program, *words], what="uv", remedy=_REMEDY, folder=target)
        return 0

    environment = cache.make_once(places.cache_root() / f"environment-{key}", build)
    return environment / "venv" / "bin" / "python"
