"""The archive of a team's scripts: equal bytes for equal files."""

from collections.abc import Mapping
from pathlib import Path

from mdlc_constructs.resources.bundles import Bundle, of_content, source
from mdlc_constructs.settings.algorithms.script import Script
from mdlc_constructs.settings.algorithms.source_dir import BACKEND, LAUNCHER
from mdlc_constructs.settings.payloads.archive import packed

_PROJECT = (
    b'[build-system]\nrequires = []\nbuild-backend = "' + BACKEND.removesuffix(".py").encode() + b'"\n'
    b'backend-path = ["."]\n'
)


def script_code(script: Script) -> Bundle:
    """The bundle of a script's files, kept in the user's cache."""
    return of_content("script", ".tgz", pack(script))


def pack(script: Script) -> bytes:
    """The archive, which SageMaker's documentation calls ``sourcedir.tar.gz``."""
    return packed({**{name: path.read_bytes() for name, path in script.files.items()}, **_own_files()})


def _own_files() -> Mapping[str, bytes]:
    return {
        LAUNCHER: (Path(__file__).parent / "launcher.py").read_bytes(),
        BACKEND: (source("jobs") / "serving" / "backend.py").read_bytes(),
        "pyproject.toml": _PROJECT,
    }
