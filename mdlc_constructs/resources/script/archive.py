"""The archive of a team's scripts: equal bytes for equal files."""

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mdlc_constructs.resources.bundles import Bundle, cache_folder, source
from mdlc_constructs.settings.algorithms.script import Script
from mdlc_constructs.settings.algorithms.source_dir import BACKEND, LAUNCHER

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
    """The archive, which SageMaker's documentation calls ``sourcedir.tar.gz``.

    Names are sorted; times, owners and permissions are constants. It is not compressed, because compressed
    bytes differ between builds of zlib.
    """
    files = {**{name: path.read_bytes() for name, path in script.files.items()}, **_own_files()}
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=0, fileobj=buffer, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return buffer.getvalue()


def _own_files() -> Mapping[str, bytes]:
    return {
        LAUNCHER: (Path(__file__).parent / "launcher.py").read_bytes(),
        BACKEND: (source("jobs") / "serving" / "backend.py").read_bytes(),
        "pyproject.toml": _PROJECT,
    }
