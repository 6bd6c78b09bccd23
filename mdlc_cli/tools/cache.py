"""Builds a cached folder once per lock file's hash, completely or not at all, also with several processes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = ".complete.json"


def digest(parts: Iterable[bytes]) -> str:
    """The cache key of ``parts``: 16 hex digits; parts are hashed separately, so their borders count."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


def tree_bytes(folder: Path) -> int:
    """The total size in bytes of the files below ``folder``; 0 when it does not exist."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` was built completely: the marker file is written last, by an atomic rename."""
    return (folder / MARKER).is_file()


def measured(folder: Path) -> dict[str, float]:
    """The ``seconds`` and ``downloaded_bytes`` that building ``folder`` took."""
    measures: dict[str, float] = json.loads((folder / MARKER).read_text())
    return measures


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Writes a file that other processes may write or read meanwhile: they see all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, waiting = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(waiting, mode)
        os.replace(waiting, path)
    except BaseException:
        Path(waiting).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, *, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds the lock file at ``path``; calls ``on_wait`` once when another process holds it.

    The kernel releases the lock when its holder dies, so a crash does not block other processes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_once(
    folder: Path,
    build: Callable[[Path], int],
    *,
    is_usable: Callable[[Path], bool] = lambda folder: True,
    on_wait: Callable[[], None] = lambda: None,
) -> Path:
    """Returns ``folder``, after building it when it is not complete or no longer usable.

    The folder is built in its final place, because a virtual environment cannot be moved, and marked as
    complete at the end. A folder that a crash left has no marker and is built again.

    Args:
        folder: the folder.
        build: fills the empty folder and returns the number of bytes it downloaded.
        is_usable: whether a complete folder still works; its Python interpreter may have been removed.
        on_wait: called when another process is building the same folder.
    """
    if is_complete(folder) and is_usable(folder):
        return folder
    with locked(folder.with_name(folder.name + ".lock"), on_wait=on_wait):
        if is_complete(folder) and is_usable(folder):
            return folder
        _remove(folder)
        folder.mkdir(parents=True)
        started = time.monotonic()
        downloaded = build(folder)
        _mark(folder, seconds=time.monotonic() - started, downloaded=downloaded)
    return folder


def _remove(folder: Path) -> None:
    # Remove the marker first, so that an interrupted removal does not leave a folder that looks complete.
    (folder / MARKER).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def _mark(folder: Path, *, seconds: float, downloaded: int) -> None:
    text = json.dumps({"seconds": round(seconds, 1), "downloaded_bytes": downloaded})
    write_whole(folder / MARKER, text)
