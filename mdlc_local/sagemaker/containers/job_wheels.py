"""Packages of jobs that bring a zip of wheels with its lock file, which fits the image but not this machine.

Most locks are installed ahead for this platform. For any other, an environment is made when a job first
brings it, and `INSTALLED` in its environment says that its interpreter has the packages of that lock.
"""

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from mdlc_local.sagemaker.containers.images import Runtime
from mdlc_local.sagemaker.containers.preparation import Preparation

LOCK = "requirements.lock"
INSTALLED = "MDLC_INSTALLED_LOCK"
"""The environment variable with the SHA-256 of the lock file whose packages the interpreter has."""


def with_packages(
    runtime: Runtime, inputs: Path, folder: Path, note: Callable[[str], None], stop: threading.Event
) -> Runtime:
    """The runtime with an interpreter that has the packages of the job's lock file, if it needs another one.

    Args:
        runtime: the image's runtime.
        inputs: the folder of the job's inputs.
        folder: a folder of the job for the lock file.
        note: a function that takes lines of progress.
        stop: ends the making when it is set.

    Raises:
        JobFailedError: when the interpreter cannot be made.
    """
    if not runtime.prepare:
        return runtime
    for name, lock in _locks(inputs):
        digest = hashlib.sha256(lock).hexdigest()
        if digest in runtime.locks:
            continue
        path = folder / LOCK
        path.write_bytes(lock)
        preparation = Preparation(what=f"the wheels {name}", command=(*runtime.prepare, str(path)))
        environment = {**runtime.environment, INSTALLED: digest}
        return replace(runtime, python=preparation.python(note, stop), environment=environment)
    return runtime


def _locks(inputs: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(inputs.glob("*/*.zip")):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if LOCK in archive.namelist():
                    yield path.name, archive.read(LOCK)
