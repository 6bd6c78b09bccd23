from pathlib import Path

import duckdb

from benchmarks import drift_data
from jobs.database import parquet


def test_the_wide_table_has_the_cells_asked_for_and_only_some_columns_move(tmp_path: Path) -> None:
    pair = drift_data.wide(tmp_path, 200_000)
    assert pair.cells == 200_000
    means = []
    for path in (pair.baseline, pair.window):
        described = duckdb.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()
        assert len(described) == drift_data.COLUMNS
        assert sum(kind == "VARCHAR" for _, kind, *_ in described) == drift_data.COLUMNS // 5
        asked = f"SELECT count(*), avg(c0), avg(c1), avg(c5) FROM {parquet(path)}"
        rows, *mean = duckdb.execute(asked).fetchall()[0]
        assert rows == 2_000
        means.append(mean)
    (moved, still, _), (moved_after, still_after, _) = means
    assert 0.3 < moved_after - moved < 0.7 and abs(still_after - still) < 0.2
    again = drift_data.wide(tmp_path, 200_000)
    assert duckdb.execute(f"SELECT avg(c0) FROM {parquet(again.baseline)}").fetchall() == [(moved,)]


def test_the_flights_are_all_of_them_in_two_halves(tmp_path: Path) -> None:
    pair = drift_data.flights(tmp_path)
    counted = "SELECT count(*), count(DISTINCT month), max(month) FROM"
    (before,), (after,) = (
        duckdb.execute(f"{counted} {parquet(path)}").fetchall() for path in (pair.baseline, pair.window)
    )
    assert before[0] + after[0] == 336_776 and before[1:] == (6, 6) and after[1:] == (6, 12)
    assert pair.cells == 336_776 * 17
