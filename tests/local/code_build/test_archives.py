"""Which files an artifact has."""

from pathlib import Path

import pytest

from mdlc_local.code_build import archives
from mdlc_local.code_build.archives import ArtifactError
from mdlc_local.code_build.buildspec import Artifacts


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in ("out/a.json", "out/deep/b.json", "out/.hidden", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("artifacts", "names"),
    [
        (Artifacts(files=("**/*",), base_directory="out"), [".hidden", "a.json", "deep/b.json"]),
        (Artifacts(files=("out/*.json",)), ["out/a.json"]),
        (Artifacts(files=("out/deep/b.json",), discard_paths=True), ["b.json"]),
        (Artifacts(files=("**/*",), base_directory="o*", excluded=("*.json",)), [".hidden"]),
    ],
)
def test_files_by_patterns(source: Path, artifacts: Artifacts, names: list[str]) -> None:
    assert sorted(name for _, name in archives.chosen(source, artifacts)) == names


@pytest.mark.parametrize(
    "artifacts", [Artifacts(files=("*.txt",)), Artifacts(files=("*",), base_directory="absent")]
)
def test_a_pattern_that_matches_nothing_is_an_error(source: Path, artifacts: Artifacts) -> None:
    with pytest.raises(ArtifactError, match="no matching"):
        list(archives.chosen(source, artifacts))
