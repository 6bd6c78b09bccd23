from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from mdlc_cli.tools import cache

pytestmark = pytest.mark.slow

SLOW_BUILD = """
    import sys, time
    from pathlib import Path
    from mdlc_cli.tools import cache

    folder = Path(sys.argv[1])

    def build(target):
        (target / "half").write_text("")
        print("building", flush=True)
        time.sleep(float(sys.argv[2]))
        (target / "whole").write_text("")
        return 7

    cache.make_once(folder, build)
    print("done", (folder / "whole").exists(), flush=True)
"""


def start(folder: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(SLOW_BUILD), str(folder), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(cache.__file__).parents[2])


def test_a_folder_is_made_once_and_tells_what_it_took(tmp_path: Path) -> None:
    calls: list[Path] = []

    def build(target: Path) -> int:
        calls.append(target)
        return 1234

    folder = tmp_path / "tool"
    assert cache.make_once(folder, build) == cache.make_once(folder, build) == folder
    assert calls == [folder]
    assert cache.measured(folder)["downloaded_bytes"] == 1234


def test_a_build_that_fails_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    folder = tmp_path / "tool"

    def broken(target: Path) -> int:
        (target / "half").write_text("")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        cache.make_once(folder, broken)
    assert not cache.is_complete(folder)

    cache.make_once(folder, lambda target: len(list(target.iterdir())))
    assert cache.measured(folder)["downloaded_bytes"] == 0, "the next build must start from an empty folder"


def test_a_killed_build_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    with start(folder, 60) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "building\n"
        process.send_signal(signal.SIGKILL)
    assert (folder / "half").exists()
    assert not cache.is_complete(folder)

    with start(folder, 0) as process:
        assert process.stdout is not None
        assert process.stdout.read().splitlines() == ["building", "done True"]


def test_two_processes_at_once_build_once_and_both_see_the_whole(tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    with start(folder, 1.0) as first, start(folder, 1.0) as second:
        assert first.stdout is not None
        assert second.stdout is not None
        lines = sorted(first.stdout.read().splitlines() + second.stdout.read().splitlines())
    assert lines == ["building", "done True", "done True"]


def test_a_complete_folder_that_is_no_longer_usable_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    target = tmp_path / "python"
    target.write_text("")

    def build(made: Path) -> int:
        os.symlink(target, made / "link")
        return 0

    def is_usable(made: Path) -> bool:
        return (made / "link").exists()

    cache.make_once(folder, build, is_usable=is_usable)
    before = (folder / cache.MARKER).stat().st_mtime_ns
    target.unlink()
    time.sleep(0.01)
    target.with_name("python").write_text("")
    cache.make_once(folder, build, is_usable=is_usable)
    assert (folder / cache.MARKER).stat().st_mtime_ns == before, "usable again, so nothing is made"

    target.unlink()
    with pytest.raises(AssertionError, match="made anew"):
        cache.make_once(folder, _refuse, is_usable=is_usable)
    assert not cache.is_complete(folder)


def _refuse(folder: Path) -> int:
    raise AssertionError("made anew")


def test_waiting_for_another_process_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    said: list[str] = []
    with start(folder, 0.5) as process:
        assert process.stdout is not None
        process.stdout.readline()
        cache.make_once(folder, _refuse, on_wait=lambda: said.append("waiting"))
        process.stdout.read()
    assert said == ["waiting"]


def test_the_key_depends_on_every_part_and_where_it_ends() -> None:
    assert cache.digest([b"ab", b"c"]) != cache.digest([b"a", b"bc"])
    assert cache.digest([b"ab", b"c"]) == cache.digest(iter([b"ab", b"c"]))
