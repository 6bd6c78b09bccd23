from collections.abc import Sequence
from typing import Any

import duckdb

from jobs.monitoring.drift_comparison import compare
from jobs.monitoring.joint import joint
from jobs.monitoring.reference import read_reference
from tests.jobs.columns import relation
from tests.jobs.monitoring.windows import FEATURES, Row, Window, event, opened, rows


def sampled(window: Window, made: Sequence[Row]) -> None:
    """The baseline's sample of raw rows."""
    with duckdb.connect() as connection:
        relation(connection, "t", {name: [row[name] for row in made] for name in FEATURES})
        connection.execute(f"COPY t TO '{window.folder / 'baseline' / 'sample.parquet'}' (FORMAT parquet)")


def found(window: Window, **monitor: Any) -> tuple[dict[str, Any] | None, list[str]]:
    with opened(window, **{"joint": True, **monitor}) as read:
        reference = read_reference(window.folder / "baseline", read.settings.package)
        compare(read.connection, read.settings, read.served, FEATURES, reference, None)
        return joint(read.connection, read.settings, read.served, FEATURES, reference)


def test_what_no_column_shows_alone(window: Window) -> None:
    sampled(window, [{**row, "count": int(row["score"] > 0.5)} for row in rows(600, seed=9)])
    window.capture(event({**row, "count": int(row["score"] < 0.5)}) for row in rows(600))
    answer, notes = found(window)
    assert answer and notes == []
    assert answer["drifted"] and answer["auc"] > 0.9 and answer["low"] < answer["auc"] < answer["high"]
    assert {name for name, _ in answer["top"][:2]} == {"amount", "count"}
    assert answer["reason"].startswith(
        "A classifier tells the window's rows from the baseline's with AUC 0.9"
    )


def test_a_quiet_window_without_a_column(window: Window) -> None:
    sampled(window, rows(600, seed=9))
    window.capture(event({k: v for k, v in row.items() if k != "count"}) for row in rows(600))
    answer, _ = found(window)
    assert answer and not answer["drifted"]


def test_nothing_to_compare(window: Window) -> None:
    window.capture(event(row) for row in rows(20))
    assert found(window, joint=False) == (None, [])
    assert found(window)[1] == ["The baseline has no sample of rows: all columns together are not compared."]
    sampled(window, rows(600, seed=9))
    assert found(window) == (None, ["Too few rows or columns to compare all columns together."])


def test_a_window_without_traffic(window: Window) -> None:
    assert found(window) == (None, [])
