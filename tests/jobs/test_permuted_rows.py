import csv
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from jobs.commands import features
from jobs.permuted_rows import MIN_ROWS, Size, sample_size
from tests.jobs.batches import Batch, rows

pytestmark = pytest.mark.slow


def records(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def index(batch: Batch) -> list[tuple[str, int, int]]:
    path = batch.output("split", "holdout_keys", "importance.parquet")
    return duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}')").fetchall()


@pytest.mark.parametrize(
    ("columns", "holdout", "budget", "expected"),
    [
        (10, 100_000, 30_000, Size(rows=3000, repeats=1)),
        (10, 1000, 30_000, Size(rows=1000, repeats=3)),
        (2, 100, 30_000, Size(rows=100, repeats=5)),
        (200, 100_000, 30_000, Size(rows=150, repeats=1)),
        (10, MIN_ROWS, 30_000, Size(rows=MIN_ROWS, repeats=5)),
        (10, MIN_ROWS - 1, 30_000, None),
        (2000, 100_000, 30_000, None),
        (0, 100, 30_000, None),
    ],
)
def test_the_sample_is_as_large_as_the_number_of_records_allows(
    columns: int, holdout: int, budget: int, expected: Size | None
) -> None:
    size = sample_size(columns=columns, holdout=holdout, rows=budget)
    assert size == expected
    assert size is None or columns * size.rows * size.repeats <= budget


def test_one_raw_column_at_a_time_is_permuted(filled: Batch) -> None:
    features.run(filled.plan(importance={"rows": 5 * 40, "seed": 3}), filled.folders())
    holdout = records(filled.output("split", "holdout", "holdout.csv"))
    permuted = records(filled.output("split", "holdout", "importance.csv"))
    named = index(filled)
    order = ["amount", "count", "kind", "flag", "at"]  # the features' columns; the last is the hour's
    assert len(permuted) == len(named) == 5 * 40
    assert Counter(column for column, _, _ in named) == dict.fromkeys(order, 40)
    for column in order:
        of = [(record, row) for record, (name, _, row) in zip(permuted, named, strict=True) if name == column]
        assert len({row for _, row in of}) == 40
        place = order.index(column)
        for record, row in of:
            kept = [value for at, value in enumerate(record) if at != place]
            assert kept == [value for at, value in enumerate(holdout[row]) if at != place]
        # The column has the same values as before, in another order.
        before = [holdout[row][place] for _, row in of]
        after = [record[place] for record, _ in of]
        assert Counter(before) == Counter(after)
        assert before != after


def test_a_small_holdout_is_permuted_repeatedly_and_differently(filled: Batch) -> None:
    features.run(filled.plan(importance={"rows": 3 * 5 * 110, "seed": 1}), filled.folders())
    held = len(records(filled.output("split", "holdout", "holdout.csv")))
    named, permuted = index(filled), records(filled.output("split", "holdout", "importance.csv"))
    assert len(named) == 5 * held * (3 * 5 * 110 // (5 * held))
    of = [
        tuple(tuple(r) for r, (name, n, _) in zip(permuted, named, strict=True) if (name, n) == ("amount", k))
        for k in range(3)
    ]
    assert len(set(of)) == 3


def test_rows_and_permutations_follow_from_the_seed(tmp_path: Path) -> None:
    written = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        batch = Batch(tmp_path / name)
        batch.write("x.csv", rows() if name != "b" else rows()[::-1])
        features.run(batch.plan(importance={"rows": 200, "seed": seed}), batch.folders())
        written.append(batch.output("split", "holdout", "importance.csv").read_text())
    assert written[0] == written[1]
    assert written[0] != written[2]


@pytest.mark.parametrize("importance", [None, {"rows": 100, "seed": 1}])
def test_none_are_written_when_switched_off_or_too_few(filled: Batch, importance: dict[str, int]) -> None:
    features.run(filled.plan(importance=importance), filled.folders())
    assert [path.name for path in filled.output("split", "holdout").iterdir()] == ["holdout.csv"]


def test_a_column_without_values_keeps_its_records(batch: Batch) -> None:
    batch.write("a.csv", [{**row, "count": "", "kind": ""} for row in rows()])
    features.run(batch.plan(), batch.folders())
    holdout = records(batch.output("split", "holdout", "holdout.csv"))
    permuted = records(batch.output("split", "holdout", "importance.csv"))
    unchanged = [
        record == holdout[row]
        for record, (column, _, row) in zip(permuted, index(batch), strict=True)
        if column in ("count", "kind")
    ]
    assert unchanged and all(unchanged)
