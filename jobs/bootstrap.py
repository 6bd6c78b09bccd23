"""Installs the jobs' dependencies from the input ``wheels``, without internet access or a Docker build.

The wheels are in one zip with their lock file. They are installed once for each lock file and Python version,
into a folder of the user, and reused by later jobs on the same machine. The environment variable
`MDLC_JOB_PACKAGES` names a folder where they may already be installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from jobs.errors import JobError
from jobs.folders import base

LOCK = "requirements.lock"
PACKAGES_VARIABLE = "MDLC_JOB_PACKAGES"
INSTALLED_VARIABLE = "MDLC_INSTALLED_LOCK"
"""The environment variable with the SHA-256 of a lock file whose packages this interpreter has already."""


def ensure_dependencies(wheels: Path | None = None) -> Path | None:
    """Install the wheels of the input and put their folder first on ``sys.path``; returns the folder.

    Without the input (a job run by hand) it returns None, and the environment's own packages are used.

    Raises:
        JobError: when there are several zips, no lock file in the zip, or pip cannot install the wheels.
    """
    folder = wheels or base() / "processing" / "input" / "wheels"
    zips = sorted(folder.glob("*.zip")) if folder.is_dir() else []
    if not zips:
        return None
    if len(zips) > 1:
        raise JobError(f"{folder} holds {len(zips)} zips of wheels: the job takes one.")
    installed = _installed(zips[0])
    if installed is None:
        return None
    sys.path.insert(0, str(installed))
    return installed


def _installed(archive: Path) -> Path | None:
    """The folder of the packages; None when this interpreter has them."""
    with zipfile.ZipFile(archive) as opened:
        if LOCK not in opened.namelist():
            raise JobError(f"{archive.name} holds no {LOCK}: make the bundle of wheels anew.")
        lock = opened.read(LOCK)
    if hashlib.sha256(lock).hexdigest() == os.environ.get(INSTALLED_VARIABLE):
        return None
    cache = private_cache()
    target = cache / folder_name(lock)
    if target.is_dir():
        return target
    working = Path(tempfile.mkdtemp(prefix="mdlc-installing-", dir=cache))
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(working / "wheels")
        _pip_install(working / "wheels", working / "packages")
        try:
            # Rename atomically: a job that starts meanwhile never sees an incomplete installation.
            (working / "packages").rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(working, ignore_errors=True)
    return target


def folder_name(lock: bytes) -> str:
    """The name of the folder of a lock file's packages for this Python and platform.

    A lock file is for every platform, so its hash alone is not enough.
    """
    python = f"{sys.implementation.cache_tag}-{sys.platform}".encode()
    return f"mdlc-deps-{hashlib.sha256(lock + bytes(1) + python).hexdigest()[:32]}"


def private_cache() -> Path:
    """The user's own folder for installed packages, which other users must not be able to write to.

    Raises:
        JobError: when another user owns it or has access to it.
    """
    chosen = os.environ.get(PACKAGES_VARIABLE)
    cache = Path(chosen) if chosen else Path(tempfile.gettempdir()) / f"mdlc-jobs-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    status = cache.lstat()
    if cache.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise JobError(f"{cache} is open to other users: remove it, and start again.")
    return cache


def _pip_install(wheels: Path, target: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-index", "--find-links", str(wheels), "--require-hashes", "--no-deps"),
        *("--only-binary=:all:", "--no-compile", "--no-warn-script-location", "--root-user-action=ignore"),
        *("--target", str(target), "-r", str(wheels / LOCK)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = " ".join(line for line in done.stderr.splitlines() if "ERROR" in line) or done.stderr
        raise JobError(f"The wheels could not be installed: {errors.strip()[:500]}")
