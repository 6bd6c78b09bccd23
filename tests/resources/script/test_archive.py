"""The archive of a team's scripts: reproducible bytes, and a build that needs no network."""

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from mdlc_constructs import Script
from mdlc_constructs.resources.script.archive import pack, script_code

SCRIPT = 'def model_fn(folder): ...\ndef input_fn(body, kind): ...\nif __name__ == "__main__":\n    pass\n'


def folder(at: Path) -> Path:
    (at / "own").mkdir(parents=True)
    (at / "train.py").write_text(SCRIPT)
    (at / "own" / "table.json").write_text("{}")
    (at / "own" / "__init__.py").write_text("")
    return at


def script(at: Path) -> Script:
    return Script(framework="scikit-learn", entry_point="train.py", source_dir=str(at))


def test_equal_files_are_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDLC_CACHE_DIR", str(tmp_path / "cache"))
    first, second = folder(tmp_path / "a"), folder(tmp_path / "b")
    os.utime(second / "train.py", (1, 1))
    (second / "train.py").chmod(0o700)
    (second / "own" / "__pycache__").mkdir()
    (second / "own" / "__pycache__" / "x.pyc").write_text("x")
    assert pack(script(first)) == pack(script(second))
    bundle = script_code(script(first))
    assert bundle == script_code(script(second))
    assert bundle.path.read_bytes() == pack(script(first))
    assert bundle.path.suffix == ".tgz", "an extension that the CDK keeps as it is"
    (second / "train.py").write_text(SCRIPT + "\n")
    assert script_code(script(second)).digest != bundle.digest


def test_the_archive_holds_the_files_and_what_runs_and_builds_them(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(script(folder(tmp_path / "a"))))) as archive:
        entries = archive.getmembers()
    assert [entry.name for entry in entries] == [
        "mdlc_backend.py",
        "mdlc_train.py",
        "own/__init__.py",
        "own/table.json",
        "pyproject.toml",
        "train.py",
    ]
    assert {(entry.mtime, entry.uid, entry.gid, entry.mode) for entry in entries} == {(0, 0, 0, 0o644)}


def test_the_image_installs_the_code_by_the_backend_in_it(tmp_path: Path) -> None:
    """As pip does (PEP 517): it calls the backend in the folder. Data files are installed too."""
    place = tmp_path / "code"
    with tarfile.open(fileobj=io.BytesIO(pack(script(folder(tmp_path / "a"))))) as archive:
        archive.extractall(place, filter="data")
    assert 'requires = []\nbuild-backend = "mdlc_backend"' in (place / "pyproject.toml").read_text()
    (place / "setup.py").write_text("written by the image")
    (place / "setup.cfg").write_text("written by the image")
    subprocess.run(
        [sys.executable, "-c", f"import mdlc_backend; mdlc_backend.build_wheel({str(tmp_path)!r})"],
        cwd=place,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = [name for name in zipfile.ZipFile(wheel).namelist() if "dist-info" not in name]
    assert names == ["mdlc_train.py", "own/__init__.py", "own/table.json", "train.py"]
