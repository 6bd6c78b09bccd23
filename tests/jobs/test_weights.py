from pathlib import Path
from typing import Any

import pytest

from jobs.commands import features
from tests.jobs.batches import Batch
from tests.jobs.test_dividing import HEADER, PLAIN, at_random, plain


def records(batch: Batch, part: str) -> list[list[float]]:
    lines = batch.output("split", part, f"{part}.csv").read_text().splitlines()
    return [[float(cell) for cell in line.split(",")] for line in lines]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({"weight": "w"}, {0: 0.5, 1: 2.5}),
        ({"class_weights": {"1": 4.0}}, {0: 1.0, 1: 4.0}),
        ({"weight": "w", "class_weights": {"1": 4.0, "other": 2.0}}, {0: 1.0, 1: 10.0}),
    ],
)
def test_the_weight_is_the_second_column_of_records_to_train_on(
    tmp_path: Path, roles: dict[str, Any], expected: dict[int, float]
) -> None:
    batch = Batch(tmp_path)
    batch.write("a.csv", [{**row, "w": 2.5 if row["y"] else 0.5} for row in plain()], HEADER)
    features.run(batch.plan(dataset={**PLAIN, **roles}, split=at_random(stratify="y")), batch.folders())
    for part in ("train", "validation"):
        written = records(batch, part)
        assert {(label, weight) for label, weight, *_ in written} == set(expected.items())
        assert {len(line) for line in written} == {4}
    assert {len(line) for line in records(batch, "holdout")} == {2}


def test_without_weights_the_records_have_none(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    batch.write("a.csv", plain(), HEADER)
    features.run(batch.plan(dataset=PLAIN, split=at_random()), batch.folders())
    assert {len(line) for line in records(batch, "train")} == {3}


def test_class_weights_of_several_classes_follow_their_numbers(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    batch.write("a.csv", plain(), HEADER)
    roles = {"label": "kind", "features": ["x"], "task": "multiclass", "classes": ["c", "a", "b"]}
    dataset = {**PLAIN, **roles, "class_weights": {"a": 2.0, "b": 5.0}}
    features.run(batch.plan(dataset=dataset, split=at_random(stratify="kind")), batch.folders())
    assert {(label, weight) for label, weight, _ in records(batch, "train")} == {(0, 1), (1, 2), (2, 5)}
