"""A folder made once for a lock's hash, whole or not at all, however many processes ask for it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = ".complete.json"


def digest(parts: Iterable[bytes]) -> str:
    """The key of a folder: 16 hex digits over ``parts``, which cannot run into each other."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


def tree_bytes(folder: Path) -> int:
    """The size in bytes of every file below ``folder``; 0 when there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` was finished: the marker is written last, and by rename."""
    return (folder / MARKER).is_file()


def measured(folder: Path) -> dict[str, float]:
    """What making ``folder`` took: ``seconds`` and ``downloaded_bytes``."""
    measures: dict[str, float] = json.loads((folder / MARKER).read_text())
    return measures


@contextmanager
def locked(path: Path, *, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds the lock file at ``path``; calls ``on_wait`` once when another process holds it.

    The kernel drops the lock when its holder dies, so a crash never blocks the next one.
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
    """Returns ``folder``, made by ``build`` when it is not complete or no longer usable.

    Built in its final place (a virtual environment cannot be moved) and marked as complete at the very end;
    what a crash left behind carries no marker and is made anew.

    Args:
        build: fills the empty folder and returns the bytes it downloaded.
        is_usable: looks at a complete folder; an interpreter may have been removed since.
        on_wait: called when another process is making the same folder.
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
    # The marker goes first: a removal that is interrupted must not leave a folder that looks complete.
    (folder / MARKER).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def _mark(folder: Path, *, seconds: float, downloaded: int) -> None:
    waiting = folder / (MARKER + ".new")
    waiting.write_text(json.dumps({"seconds": round(seconds, 1), "downloaded_bytes": downloaded}))
    os.replace(waiting, folder / MARKER)
