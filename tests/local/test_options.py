"""Options are checked where they are given."""

from pathlib import Path

import pytest

from mdlc_local import options
from mdlc_local.options import Options, parse


def test_defaults(tmp_path: Path) -> None:
    parsed = parse(["--port", "4570", "--state-dir", str(tmp_path)])
    assert parsed == Options(port=4570, state_dir=tmp_path)
    assert parsed.iam
    assert parsed.endpoint == "http://127.0.0.1:4570"


def test_a_relative_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse(["--port", "4570", "--state-dir", "state"]).state_dir == tmp_path / "state"


@pytest.mark.parametrize(
    ("more", "named"), [(["--port", "70000"], "port=70000"), (["--time-scale", "0"], "time_scale=0.0")]
)
def test_a_wrong_value_is_named(
    more: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--port", "4570", "--state-dir", str(tmp_path), *more])
    assert named in capsys.readouterr().err


def test_without_a_server_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "_current", None)
    with pytest.raises(RuntimeError, match="not started"):
        options.current()
