import io
import tarfile
from pathlib import Path

import pytest

from pack import pack


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def test_the_files_of_both_lie_side_by_side(tmp_path: Path) -> None:
    model = archive(tmp_path / "model.tar.gz", {"./xgboost-model": b"trees"})
    program = archive(
        tmp_path / "program.tar.gz", {"program.json": b"{}", "code/jobs/serving/program.py": b"#"}
    )
    pack(model, program, tmp_path / "joined.tar.gz")
    with tarfile.open(tmp_path / "joined.tar.gz") as joined:
        assert joined.getnames() == ["xgboost-model", "program.json", "code/jobs/serving/program.py"]
        trees = joined.extractfile("xgboost-model")
        assert trees is not None and trees.read() == b"trees"


def test_a_file_that_is_in_both_is_refused(tmp_path: Path) -> None:
    one = archive(tmp_path / "one.tar.gz", {"program.json": b"1"})
    other = archive(tmp_path / "other.tar.gz", {"./program.json": b"2"})
    with pytest.raises(ValueError, match=r"program\.json is in one\.tar\.gz and in other\.tar\.gz"):
        pack(one, other, tmp_path / "joined.tar.gz")
