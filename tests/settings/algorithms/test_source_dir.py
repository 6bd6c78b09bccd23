"""Which files of a folder are packed, and which are refused."""

from pathlib import Path

import pytest

from mdlc_constructs.settings.algorithms import code_folder
from mdlc_constructs.settings.algorithms.source_dir import source_files, top_modules


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_hidden_files_caches_and_build_settings_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "train.py", "own/a.py", "own/t.json", ".git/x", ".env", "__pycache__/a.pyc", "own/b.pyc")
    make(tmp_path, "pyproject.toml", "own.egg-info/PKG-INFO", "own/pyproject.toml")
    files = source_files(tmp_path)
    assert list(files) == ["own/a.py", "own/pyproject.toml", "own/t.json", "train.py"]
    assert top_modules(files) == ("own", "train")


def test_a_link_within_the_folder_is_packed_as_the_file(tmp_path: Path) -> None:
    make(tmp_path, "train.py")
    (tmp_path / "again.py").symlink_to("train.py")
    assert list(source_files(tmp_path)) == ["again.py", "train.py"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/etc/hostname", "is a link out of the folder"),
        ("own", "or to a folder"),
        ("gone", "a link to nothing"),
    ],
)
def test_other_links_are_refused(tmp_path: Path, target: str, said: str) -> None:
    make(tmp_path, "own/a.py")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ValueError, match=said):
        source_files(tmp_path)


def test_a_folder_with_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "train.py", "data.csv")
    monkeypatch.setattr(code_folder, "MAX_BYTES", 1)
    with pytest.raises(ValueError, match="keep data out of it, in the dataset"):
        source_files(tmp_path)
