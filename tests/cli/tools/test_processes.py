from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdlc_cli.tools import processes

# A parent with a child in a session of its own, which has a child again; told to ignore SIGTERM where asked.
TREE = """
    import os, signal, subprocess, sys, time
    depth, stubborn = int(sys.argv[1]), sys.argv[2] == "stubborn"
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if depth:
        command = [sys.executable, __file__, str(depth - 1), sys.argv[2]]
        subprocess.Popen(command, start_new_session=depth == 2)
    else:
        print("ready", flush=True)
    time.sleep(120)
"""
MARK = ("MDLC_TEST_MARK", f"tree-{os.getpid()}")


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "tree.py"
    path.write_text(textwrap.dedent(TREE))
    yield path
    processes.end(processes.family([], mark=MARK), grace_seconds=2)


def start(script: Path, how: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, script, "2", how], stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, MARK[0]: MARK[1]},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_family_holds_descendants_in_other_sessions(script: Path) -> None:
    with start(script) as process:
        family = processes.family([process.pid])
        assert len(family) == 3
        assert processes.end(family, grace_seconds=5) == set()
        assert processes.family([], mark=MARK) == set()


def test_those_that_ignore_the_request_are_killed(script: Path) -> None:
    with start(script, "stubborn") as process:
        family = processes.family([process.pid])
        began = time.monotonic()
        assert processes.end(family, grace_seconds=0.5) == set()
        assert 0.4 < time.monotonic() - began < 5
        assert process.wait() == -signal.SIGKILL


def test_orphans_of_a_killed_parent_are_found_by_their_mark(script: Path) -> None:
    with start(script) as process:
        process.kill()
        process.wait()
        orphans = processes.family([process.pid], mark=MARK)
        assert len(orphans) == 2
        assert processes.end(orphans, grace_seconds=5) == set()


def test_a_number_that_was_given_anew_is_another_process(script: Path) -> None:
    with start(script) as process:
        (mine,) = [each for each in processes.family([process.pid]) if each.pid == process.pid]
        former = processes.RunningProcess(pid=mine.pid, parent=mine.parent, session=mine.session, started="0")
        assert processes.started(mine.pid) == mine.started
        assert processes._still_running({former}, processes.snapshot()) == set()
        processes.end(processes.family([process.pid]), grace_seconds=5)


def test_what_has_ended_is_not_running() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert processes.started(process.pid) is None
    assert processes.family([process.pid]) == set()
