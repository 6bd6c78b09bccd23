"""Ends the processes that a build left behind, such as a server that it started in a session of its own.

On AWS the container ends with everything in it. Here the build's own process group ends with its shell, and
what left the group is found by the build's id in its environment.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

PROCESSES = Path("/proc")
VARIABLE = "CODEBUILD_BUILD_ID"
GRACE_SECONDS = 3.0


def end(build_id: str, grace_seconds: float = GRACE_SECONDS) -> None:
    """End all processes that have this build's id in their environment: SIGTERM, then SIGKILL.

    Systems without `/proc` show no environment: there, only the build's process group ends.
    """
    pids = set(_of(build_id))
    for pid in pids:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while pids and time.monotonic() < deadline:
        time.sleep(0.05)
        pids = set(_of(build_id))
    for pid in pids:
        _signal(pid, signal.SIGKILL)


def _of(build_id: str) -> Iterator[int]:
    mark = f"{VARIABLE}={build_id}".encode()
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:  # another user's process, or one that has ended
            continue


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
