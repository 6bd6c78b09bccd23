"""Child processes of the server: each has its own process group, and all end with the server."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mdlc_local import warden

_lock = threading.Lock()
_children: dict[int, "subprocess.Popen[Any]"] = {}
_warden: "subprocess.Popen[str] | None" = None
_closed = False


def start(argv: Sequence[str], **keywords: Any) -> "subprocess.Popen[Any]":
    """Start a child process in its own process group, which the warden ends if the server dies.

    Args:
        argv: the program and its arguments.
        keywords: as for `subprocess.Popen`, except `start_new_session`, which is always set.

    Raises:
        RuntimeError: when the server is shutting down.
    """
    global _warden
    keywords["start_new_session"] = True
    with _lock:
        if _closed:
            raise RuntimeError("the embedded AWS is shutting down and starts no further process")
        if _warden is None:
            _warden = _start_warden()
        _forget_ended()
        child: subprocess.Popen[Any] = subprocess.Popen(argv, **keywords)
        _children[child.pid] = child
        _send_to_warden(f"+{child.pid}\n")
    return child


def end(child: "subprocess.Popen[Any]", grace_seconds: float = warden.GRACE_SECONDS) -> None:
    """End one child and its process group: SIGTERM, and SIGKILL after `grace_seconds`."""
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=grace_seconds)
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=grace_seconds)
    with _lock:
        _forget_ended()


def end_all(grace_seconds: float = warden.GRACE_SECONDS) -> None:
    """End every child and prevent further ones; called when the server shuts down."""
    global _closed
    with _lock:
        _closed = True
        groups = set(_children)
        for child in _children.values():
            with contextlib.suppress(OSError):
                os.killpg(child.pid, signal.SIGTERM)
    reaper = threading.Thread(target=_reap, args=(list(_children.values()), grace_seconds), daemon=True)
    reaper.start()
    warden.end_groups(groups, grace_seconds)
    reaper.join(grace_seconds)
    if _warden is not None and _warden.stdin is not None:
        with contextlib.suppress(OSError):
            _warden.stdin.close()


def running() -> int:
    """The number of running child processes."""
    with _lock:
        return sum(1 for child in _children.values() if child.poll() is None)


def _reap(children: "list[subprocess.Popen[Any]]", grace_seconds: float) -> None:
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=grace_seconds)


def _start_warden() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(warden.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
        start_new_session=True,
    )


def _send_to_warden(line: str) -> None:
    if _warden is not None and _warden.stdin is not None:
        with contextlib.suppress(OSError):
            _warden.stdin.write(line)
            _warden.stdin.flush()


def _forget_ended() -> None:
    """Forget children that have ended, and kill the remaining processes of their groups."""
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            del _children[pid]
            _send_to_warden(f"-{pid}\n")
