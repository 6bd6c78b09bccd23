"""Child processes end with all they started."""

import subprocess
import sys
import time
from pathlib import Path

from mdlc_local import children, warden

STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "gone"


def is_over(pid: int) -> bool:
    """Whether a process that was killed has ended; the kernel takes a moment to end one."""
    deadline = time.monotonic() + 5
    while state(pid) not in ("gone", "Z") and time.monotonic() < deadline:
        time.sleep(0.01)
    return state(pid) in ("gone", "Z")


def read_pid(file: Path) -> int:
    deadline = time.monotonic() + 20
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(file.read_text())


def test_a_child_that_ignores_the_request_is_ended(tmp_path: Path) -> None:
    child = children.start([sys.executable, "-c", STUBBORN, str(tmp_path / "pid")])
    grandchild = read_pid(tmp_path / "pid")
    started = time.monotonic()
    children.end(child, grace_seconds=0.3)
    assert child.returncode is not None
    assert is_over(grandchild)
    assert time.monotonic() - started < 5


def test_counts_what_runs() -> None:
    before = children.running()
    child = children.start(["sleep", "600"])
    assert children.running() == before + 1
    children.end(child, grace_seconds=1)
    assert children.running() == before


def test_the_warden_ends_what_is_listed_when_its_input_ends(tmp_path: Path) -> None:
    kept = subprocess.Popen(["sleep", "600"], start_new_session=True)
    ended = subprocess.Popen([sys.executable, "-c", STUBBORN, str(tmp_path / "pid")], start_new_session=True)
    grandchild = read_pid(tmp_path / "pid")
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", warden.__file__], stdin=subprocess.PIPE, text=True
    )
    watcher.communicate(f"+{kept.pid}\n+{ended.pid}\n-{kept.pid}\n", timeout=20)
    assert ended.wait(10) != 0
    assert is_over(grandchild)
    assert kept.poll() is None
    kept.kill()
    kept.wait()
