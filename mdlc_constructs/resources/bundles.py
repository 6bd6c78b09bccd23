"""The files that are uploaded besides templates: Lambda code, job code, and wheels for the jobs' image.

Each bundle is one zip file with the same bytes for the same content. It is built once and kept in the user's
cache under a digest of its content; the digest is also the hash of the CDK asset. Later syntheses only look
it up.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from mdlc_constructs.resources.locks import for_python

LAMBDA_PYTHON = "3.14"
LAMBDA_PLATFORM = "any"
"""Only pure Python wheels: Lambda runs the functions on Graviton, the embedded AWS runs them locally."""
JOB_PYTHON = "3.12"
"""The Python in the tag of the jobs' image (`settings.Image.jobs`)."""
JOB_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
"""The wheel platforms that the jobs' image can run, the newest first."""

_PACKAGE = Path(__file__).resolve().parent.parent
_DOORS = tuple(_PACKAGE / name for name in ("__init__.py", "exports.py", "signatures.py", "suggestions.py"))
"""The modules of the package that an import of a settings module also needs."""
CACHE_VARIABLE = "MDLC_CACHE_DIR"
_CACHE = "mdlc-constructs"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of a zip entry: a bundle's bytes depend on no clock


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A zip file and the digest (SHA-256, hexadecimal) of everything it was built from."""

    path: Path
    digest: str


class BundleError(RuntimeError):
    """A bundle could not be built; the message says what to do."""


def source(room: str) -> Path:
    """The folder of `lambdas` or `jobs`: in an installed wheel below `_assets`, in a clone at the top."""
    carried = _PACKAGE / "_assets" / room
    return carried if carried.is_dir() else _PACKAGE.parent / room


def user_cache() -> Path:
    """The folder of this library's cache; the environment variable `MDLC_CACHE_DIR` names another."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / _CACHE
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _CACHE


def cache_folder() -> Path:
    """The folder of the cache that holds bundles."""
    return user_cache() / "bundles"


@cache
def lambda_code() -> Bundle:
    """The bundle of all Lambda functions' handlers, their dependencies and the settings."""
    lock = source("lambdas") / "requirements.lock"
    settings = _PACKAGE / "settings"

    def fill(archive: zipfile.ZipFile) -> None:
        _add_tree(archive, source("lambdas"), "lambdas")
        _add_tree(archive, settings, f"{_PACKAGE.name}/{settings.name}")
        for path in _DOORS:
            _add(archive, path.relative_to(_PACKAGE.parent).as_posix(), path.read_bytes())
        with tempfile.TemporaryDirectory() as folder:
            platform = _for_platform(LAMBDA_PYTHON, LAMBDA_PLATFORM)
            with _read_for(lock, LAMBDA_PYTHON) as requirements:
                _pip("install", "--target", folder, *platform, "-r", requirements)
            _require_pure(Path(folder))
            _add_tree(archive, Path(folder), "")

    doors = [path.read_text(encoding="utf-8") for path in _DOORS]
    made_from = (LAMBDA_PYTHON, LAMBDA_PLATFORM, *_tree(source("lambdas")), *_tree(settings), *doors)
    return _bundle("lambdas", _digest_of(made_from), fill)


@cache
def job_code() -> Bundle:
    """The bundle of the data jobs and the payload classes that they share with the library.

    Python runs the zip file itself: it holds a `__main__.py`.
    """
    settings = _PACKAGE / "settings"
    shared = (*_DOORS, settings / "__init__.py", *_files(settings / "payloads"))

    def fill(archive: zipfile.ZipFile) -> None:
        _add(
            archive,
            "__main__.py",
            b"import runpy\n\nrunpy.run_module('jobs', run_name='__main__', alter_sys=True)\n",
        )
        _add_tree(archive, source("jobs"), "jobs")
        for path in shared:
            _add(archive, path.relative_to(_PACKAGE.parent).as_posix(), path.read_bytes())

    texts = [path.read_text(encoding="utf-8") for path in shared]
    return _bundle("jobs", _digest_of((*_tree(source("jobs")), *texts)), fill)


@cache
def job_wheels(lock_name: str) -> Bundle:
    """The bundle of the wheels in one of the jobs' lock files, for the jobs' image, and of the lock file."""
    lock = source("jobs") / lock_name

    def fill(archive: zipfile.ZipFile) -> None:
        with tempfile.TemporaryDirectory() as folder:
            platform = _for_platform(JOB_PYTHON, *JOB_PLATFORMS)
            with _read_for(lock, JOB_PYTHON) as requirements:
                _pip("download", "--dest", folder, *platform, "-r", requirements)
            _add_tree(archive, Path(folder), "")
        _add(archive, "requirements.lock", lock.read_bytes())

    asked = for_python(lock.read_text(encoding="utf-8"), JOB_PYTHON)
    return _bundle(lock.stem, _digest_of((JOB_PYTHON, JOB_PLATFORMS[0], asked, lock.read_text())), fill)


@contextmanager
def _read_for(lock: Path, python: str) -> Iterator[str]:
    """The path of a temporary copy of a lock file, with the requirements for that Python alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / lock.name
        path.write_text(for_python(lock.read_text(encoding="utf-8"), python), encoding="utf-8")
        yield str(path)


def _for_platform(python: str, *platforms: str) -> tuple[str, ...]:
    return (
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation", "cp"),
        *("--python-version", python),
        *(part for name in platforms for part in ("--platform", name)),
    )


def _require_pure(installed: Path) -> None:
    """Refuse a package that was installed from a wheel for one platform, by the tags in its metadata."""
    for wheel in sorted(installed.glob("*.dist-info/WHEEL")):
        tags = [line for line in wheel.read_text().splitlines() if line.startswith("Tag:")]
        if not all(tag.endswith("-any") for tag in tags):
            package = wheel.parent.name.removesuffix(".dist-info")
            raise BundleError(
                f"{package} of the functions' lock is built for one platform ({tags[0]}): choose a version "
                f"or another package that is pure Python."
            )


def _pip(*arguments: str) -> None:
    if importlib.util.find_spec("pip") is None:
        raise BundleError(
            f"The code and packages of functions and jobs are fetched by pip, which {sys.executable} lacks: "
            "install pip, or mdlc-constructs[cli] with it."
        )
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no output").splitlines()[-1]
        raise BundleError(
            f"pip could not fetch what a bundle needs ({reason}): check that the package index is reachable."
        )


def of_content(name: str, suffix: str, content: bytes) -> Bundle:
    """The bundle of one file's content, kept in the user's cache."""
    return _kept(name, suffix, hashlib.sha256(content).hexdigest(), lambda stream: stream.write(content))


def _bundle(name: str, digest: str, fill: Callable[[zipfile.ZipFile], None]) -> Bundle:
    def write(stream: BinaryIO) -> None:
        with zipfile.ZipFile(stream, "w") as archive:
            fill(archive)

    return _kept(name, ".zip", digest, write)


def _kept(name: str, suffix: str, digest: str, write: Callable[[BinaryIO], object]) -> Bundle:
    path = cache_folder() / f"{name}-{digest[:16]}{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written to a temporary file and renamed, so that another process never sees part of a file.
        handle, waiting = tempfile.mkstemp(dir=path.parent, suffix=".part")
        os.chmod(waiting, 0o644)
        try:
            with os.fdopen(handle, "wb") as stream:
                write(stream)
            os.replace(waiting, path)
        except BaseException:
            Path(waiting).unlink(missing_ok=True)
            raise
    return Bundle(path=path, digest=digest)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def _tree(folder: Path) -> Iterator[str]:
    for path in _files(folder):
        yield path.relative_to(folder).as_posix()
        yield hashlib.sha256(path.read_bytes()).hexdigest()


def _digest_of(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _add_tree(archive: zipfile.ZipFile, folder: Path, below: str) -> None:
    for path in _files(folder):
        _add(archive, f"{below}/{path.relative_to(folder).as_posix()}".lstrip("/"), path.read_bytes())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    # A wheel is compressed already: compressing it again takes seconds and saves nothing.
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)
