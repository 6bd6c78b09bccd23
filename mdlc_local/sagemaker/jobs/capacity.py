"""Limits the running jobs to the number of cores; other jobs wait, as on AWS for capacity.

With ``POST /_mdlc/hold`` a test makes jobs wait whose names match a pattern; ``POST /_mdlc/free`` lets all of
them start.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from mdlc_local import control

MAX_RUNNING = os.cpu_count() or 1
"""The most jobs that run at the same time."""

_LOOK_SECONDS = 0.2

_slots = threading.BoundedSemaphore(MAX_RUNNING)
_held: set[str] = set()


def install() -> None:
    """Register the paths `hold` and `free`."""
    control.route("POST", "hold", _hold)
    control.route("POST", "free", _free)


@contextlib.contextmanager
def place(name: str, stop: threading.Event) -> Iterator[None]:
    """A context that waits until the job may start; when the job is stopped first, it enters anyway."""
    taken = False
    while not taken and not stop.is_set():
        if any(fnmatchcase(name, pattern) for pattern in _held.copy()):
            stop.wait(_LOOK_SECONDS)
        else:
            taken = _slots.acquire(timeout=_LOOK_SECONDS)
    try:
        yield
    finally:
        if taken:
            _slots.release()


def _hold(body: dict[str, Any]) -> dict[str, Any]:
    pattern = body.get("jobs")
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(f"jobs={pattern!r} must be a pattern of job names, such as churn-train-*")
    _held.add(pattern)
    return {}


def _free(_: dict[str, Any]) -> dict[str, Any]:
    _held.clear()
    return {}
