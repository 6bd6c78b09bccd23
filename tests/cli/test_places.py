from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli import places


def test_the_project_is_the_nearest_folder_upwards_with_a_mark(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert places.project_root(below) == tmp_path
    (tmp_path / "a" / places.STATE_FOLDER).mkdir()
    assert places.project_root(below) == tmp_path / "a"


def test_the_cache_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.CACHE_VARIABLE, str(tmp_path))
    assert places.cache_root() == tmp_path
    monkeypatch.setenv(places.CACHE_VARIABLE, "")
    assert places.cache_root().name == "mdlc-constructs"


def test_what_a_command_stands_on_is_there() -> None:
    assert (places.embedded_source() / "requirements.lock").is_file()
    assert (places.node_source() / "package-lock.json").is_file()
    assert list(places.jobs_source().glob("requirements*.lock"))
