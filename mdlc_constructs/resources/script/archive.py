"""The archive of a team's scripts: equal bytes for equal files."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mdlc_constructs.resources.bundles import Bundle, cache_folder, source
from mdlc_constructs.settings.algorithms.script import Script
from mdlc_constructs.settings.algorithms.source_dir import BACKEND, LAUNCHER
from mdlc_constructs.settings.payloads.archive import packed

_PROJECT = (
    b'[build-system]\nrequires = []\nbuild-backend = "' + BACKEND.removesuffix(".py").encode() + b'"\n'
    b'backend-path = ["."]\n'
)


def script_code(script: Script) -> Bundle:
    """The bundle of a script's files, kept in the user's cache."""
    content = pack(script)
    digest = hashlib.sha256(content).hexdigest()
    path = cache_folder() / f"script-{digest[:16]}.tgz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, waiting = tempfile.mkstemp(dir=path.parent, suffix=".part")
        os.chmod(waiting, 0o644)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(waiting, path)
    return Bundle(path=path, digest=digest)


def pack(script: Script) -> bytes:
    """The archive, which SageMaker's documentation calls ``sourcedir.tar.gz``."""
    return packed({**{name: path.read_bytes() for name, path in script.files.items()}, **_own_files()})


def _own_files() -> Mapping[str, bytes]:
    return {
        LAUNCHER: (Path(__file__).parent / "launcher.py").read_bytes(),
        BACKEND: (source("jobs") / "serving" / "backend.py").read_bytes(),
        "pyproject.toml": _PROJECT,
    }
