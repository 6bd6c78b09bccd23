from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli.errors import ToolFailedError
from mdlc_cli.tools import image_environment, toolchain


def test_it_prints_the_interpreter_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(toolchain, "image_python", lambda lock: Path("/made") / lock.name)
    assert image_environment.main(["/locks/a.lock"]) == 0
    assert capsys.readouterr().out == "/made/a.lock\n"


def test_the_reason_is_the_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(lock: Path) -> Path:
        raise ToolFailedError("uv failed with status 2: try again", detail="long\nstory")

    monkeypatch.setattr(toolchain, "image_python", fail)
    assert image_environment.main(["a.lock"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == "uv failed with status 2: try again"


def test_a_lock_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert image_environment.main([str(tmp_path / "none.lock")]) == 1
    assert "No such file" in capsys.readouterr().err
