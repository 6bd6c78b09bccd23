from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.output import closed_pipe
from tests.cli.test_app import ROOT


class Failing(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, text: str) -> int:
        raise OSError(self._number, os.strerror(self._number))

    def flush(self) -> None:
        raise OSError(self._number, os.strerror(self._number))

    def fileno(self) -> int:
        return 7


@pytest.fixture
def discarded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    calls: list[tuple[int, ...]] = []
    monkeypatch.setattr(closed_pipe, "_discard", lambda *numbers: calls.append(numbers))
    return calls


@pytest.mark.parametrize("method", ["write", "flush"])
def test_a_reader_that_has_ended_ends_the_command_as_sigpipe_would(
    method: str, discarded: list[tuple[int, ...]]
) -> None:
    stream = closed_pipe._Stream(Failing(errno.EPIPE))
    with pytest.raises(SystemExit) as ended:
        stream.write("text") if method == "write" else stream.flush()
    assert ended.value.code == 141
    assert discarded == [(1, 2)]


@pytest.mark.parametrize("method", ["write", "flush"])
def test_a_full_disk_is_one_sentence(method: str, discarded: list[tuple[int, ...]]) -> None:
    stream = closed_pipe._Stream(Failing(errno.ENOSPC))
    with pytest.raises(CommandError, match=r"the output cannot be written \(No space left on device\): make"):
        stream.write("text") if method == "write" else stream.flush()
    assert discarded == [(7,)]


def test_everything_else_is_the_streams() -> None:
    text = io.StringIO()
    stream = closed_pipe._Stream(text)
    assert stream.write("text") == 4
    stream.flush()
    assert text.getvalue() == "text" and stream.isatty() is False


def test_the_command_itself_ends_so(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "mdlc_cli", "run", "--help"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    assert (running.wait(), said) == (141, b"")
