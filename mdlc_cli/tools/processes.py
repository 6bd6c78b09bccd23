"""Finds and ends a process and all processes that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class RunningProcess:
    """One running process; ``started`` distinguishes two processes that had the same id."""

    pid: int
    parent: int
    session: int
    started: str


def snapshot() -> dict[int, RunningProcess]:
    """Every running process by its id, without zombies."""
    return _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()


def started(pid: int) -> str | None:
    """The process's start time in the system's own format, or None when it does not run."""
    process = snapshot().get(pid)
    return process.started if process else None


def family(pids: Iterable[int], *, mark: tuple[str, str] | None = None) -> set[RunningProcess]:
    """The processes ``pids``, their descendants, members of their sessions, and processes with ``mark``.

    Args:
        pids: process ids.
        mark: name and value of an environment variable of the first process. It also finds descendants
            whose parents have ended, where the system shows other processes' environments (Linux).
    """
    running = snapshot()
    members = {pid for pid in pids if pid in running}
    if mark is not None:
        members |= {pid for pid in running if pid != os.getpid() and _carries(pid, mark)}
    while True:
        sessions = {running[pid].session for pid in members if running[pid].session == pid}
        more = {
            pid
            for pid, process in running.items()
            if pid not in members and (process.parent in members or process.session in sessions)
        }
        if not more:
            return {running[pid] for pid in members if pid != os.getpid()}
        members |= more


def end(
    processes: Iterable[RunningProcess], *, first: int | None = None, grace_seconds: float
) -> set[RunningProcess]:
    """Sends SIGTERM to processes, then SIGKILL to those that still run after the grace period.

    Args:
        processes: the processes to end.
        first: the id of the only process to send SIGTERM to, because it ends the others in its own order;
            None for all.
        grace_seconds: how long to wait after each signal.

    Returns:
        The processes that still run.
    """
    left = set(processes)
    for process in left:
        if first is None or process.pid == first:
            _send(process, signal.SIGTERM)
    left = _wait(left, grace_seconds)
    for process in left:
        _send(process, signal.SIGKILL)
    return _wait(left, grace_seconds)


def _wait(processes: set[RunningProcess], seconds: float) -> set[RunningProcess]:
    deadline = time.monotonic() + seconds
    left = _still_running(processes, snapshot())
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        left = _still_running(left, snapshot())
    return left


def _still_running(
    processes: set[RunningProcess], running: Mapping[int, RunningProcess]
) -> set[RunningProcess]:
    # Compared by id and start only, because a process whose parent ended gets a new parent.
    return {
        process
        for process in processes
        if process.pid in running and running[process.pid].started == process.started
    }


def _send(process: RunningProcess, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process.pid, number)


def _from_proc() -> dict[int, RunningProcess]:
    processes = {}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The name in parentheses may contain any character, so fields are counted after its last ")".
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in ("Z", "X"):
            pid = int(folder.name)
            processes[pid] = RunningProcess(
                pid=pid, parent=int(fields[1]), session=int(fields[3]), started=fields[19]
            )
    return processes


def _from_ps() -> dict[int, RunningProcess]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="], capture_output=True, text=True, check=True
    ).stdout
    processes = {}
    for line in listing.splitlines():
        pid, parent, state, began = line.split(None, 3)
        if not state.startswith("Z"):
            with contextlib.suppress(OSError):
                processes[int(pid)] = RunningProcess(
                    pid=int(pid), parent=int(parent), session=os.getsid(int(pid)), started=began.strip()
                )
    return processes


def _carries(pid: int, mark: tuple[str, str]) -> bool:
    try:
        content = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"{mark[0]}={mark[1]}".encode() in content.split(b"\0")
