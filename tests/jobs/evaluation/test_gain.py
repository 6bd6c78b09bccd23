import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jobs.evaluation.gain import GainError, read_gain


def pack(folder: Path, content: bytes, name: str = "xgboost-model") -> Path:
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return folder


def tree(*nodes: tuple[int, int, float]) -> dict[str, Any]:
    """A tree by its nodes: feature, left child (-1: a leaf), and gain."""
    return {
        "split_indices": [feature for feature, _, _ in nodes],
        "left_children": [child for _, child, _ in nodes],
        "loss_changes": [gain for _, _, gain in nodes],
    }


TREES = [
    tree((0, 1, 6.0), (2, 3, 2.0), (0, -1, 9.0), (0, -1, 0.0), (0, -1, 0.0)),
    tree((1, 1, 2.0), (0, -1, 0.0), (0, -1, 0.0)),
]


def model(booster: Any) -> bytes:
    return json.dumps({"learner": {"gradient_booster": booster}, "version": [3, 0, 0]}).encode()


@pytest.mark.parametrize("dart", [False, True])
def test_gains_of_splits_are_summed_by_raw_column(tmp_path: Path, dart: bool) -> None:
    booster: dict[str, Any] = {"model": {"trees": TREES}}
    folder = pack(tmp_path, model({"gbtree": booster} if dart else booster))
    # The second and third feature come of one raw column; the fourth is never used.
    assert read_gain(folder, ["a", "at", "at", "b"]) == {"a": 0.6, "at": 0.4, "b": 0.0}
    assert read_gain(folder / "model.tar.gz", ["a", "at", "at", "b"])["a"] == 0.6


def test_a_model_without_splits_has_no_gain(tmp_path: Path) -> None:
    folder = pack(tmp_path, model({"model": {"trees": [tree((0, -1, 0.0))]}}))
    assert read_gain(folder, ["a", "b"]) == {"a": 0.0, "b": 0.0}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"binf\x00\x00\x80?", "binary format of older versions"),
        (b"", "binary format"),
        (b'{"learner": {}}', "no trees that can be read"),
        (b"[]", "binary format"),
        (b'{"a', "no trees that can be read"),
        (b"{L\x00\x00", "no trees that can be read"),
        (model({"model": {"weights": [1, 2]}}), "no trees that can be read"),
        (model({"model": {"trees": [{}]}}), "trees cannot be read"),
        (model({"model": {"trees": [tree((7, 1, 1.0), (0, -1, 0), (0, -1, 0))]}}), ""),
        (model({"model": {"trees": [tree((-7, 1, 1.0))]}}), "trees cannot be read"),
    ],
)
def test_another_model_is_named_and_fails_no_evaluation(tmp_path: Path, content: bytes, said: str) -> None:
    folder = pack(tmp_path, content)
    if not said:
        # A feature beyond the program's: the model is another one's, and nothing is credited.
        assert read_gain(folder, ["a"]) == {"a": 0.0}
        return
    with pytest.raises(GainError, match=said):
        read_gain(folder, ["a"])


def test_an_artifact_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(GainError, match="artifact cannot be read"):
        read_gain(tmp_path, ["a"])
    (tmp_path / "model.tar.gz").write_bytes(b"no archive")
    with pytest.raises(GainError, match="artifact cannot be read"):
        read_gain(tmp_path, ["a"])
    with pytest.raises(GainError, match="holds no file xgboost-model"):
        read_gain(pack(tmp_path, b"", name="model.pkl"), ["a"])
