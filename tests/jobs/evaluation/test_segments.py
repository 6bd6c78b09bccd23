from pathlib import Path

import duckdb
import numpy as np
import pytest

from jobs.database import quote
from jobs.evaluation.segments import MIN_ROWS, read_segments
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.segments import MISSING

HOSTILE = "<b>'; DROP--"


def keys(folder: Path, **columns: list[str | None]) -> Path:
    """The holdout's segment values in a Parquet file."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'{quote(name)} VARCHAR' for name in columns)})")
        rows = list(zip(*columns.values(), strict=True))
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(columns))})", rows)
        connection.execute(f"COPY t TO '{folder}/segments.parquet' (FORMAT parquet)")
    return folder


def scored(rows: int, task: str = "binary") -> ScoredRows:
    generator = np.random.default_rng(2)
    labels = (np.arange(rows) % 2).astype(np.float64)
    return ScoredRows(
        labels=labels, scores=np.clip(labels * 0.3 + generator.random(rows) * 0.7, 0, 1), task=task
    )


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_each_value_has_its_own_rows_and_the_missing_are_one(tmp_path: Path, task: str) -> None:
    values: list[str | None] = [("a", HOSTILE, None)[number % 3] for number in range(600)]
    every = scored(600, task)
    with duckdb.connect() as connection:
        found, notes = read_segments(connection, keys(tmp_path, **{"k'\"<i>": values}), every)
    assert notes == []
    assert {(segment.column, segment.value) for segment in found} == {
        ("k'\"<i>", "a"),
        ("k'\"<i>", HOSTILE),
        ("k'\"<i>", MISSING),
    }
    assert [segment.rows for segment in found] == [200] * 3
    assert all(segment.low <= segment.estimate <= segment.high for segment in found)


def test_the_worst_segment_is_first(tmp_path: Path) -> None:
    every = scored(4000)
    values: list[str | None] = ["bad" if number % 4 < 2 else "good" for number in range(4000)]
    chance = np.random.default_rng(5).random(4000)
    bad = np.array([value == "bad" for value in values])
    mixed = ScoredRows(labels=every.labels, scores=np.where(bad, chance, every.scores))
    with duckdb.connect() as connection:
        first, second = read_segments(connection, keys(tmp_path, kind=values), mixed)[0]
    assert (first.value, first.worse, second.worse) == ("bad", True, False)
    assert first.estimate == pytest.approx(0.5, abs=0.05)


def test_small_segments_and_those_of_one_class_are_counted_and_left_out(tmp_path: Path) -> None:
    labels = np.repeat([0.0, 1.0, 0.0, 1.0], 100)
    every = ScoredRows(labels=labels, scores=np.linspace(0, 1, 400))
    values: list[str | None] = [*(["zeros"] * 100), *(["both"] * 290), *(["few"] * 10)]
    assert MIN_ROWS > 10
    with duckdb.connect() as connection:
        found, notes = read_segments(connection, keys(tmp_path, kind=values), every)
    assert [segment.value for segment in found] == ["both"]
    assert notes == [f"Segments left out, as they have fewer than {MIN_ROWS} rows or one class only: 2."]


def test_without_columns_there_are_no_segments(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        assert read_segments(connection, tmp_path, scored(100)) == ([], [])
