"""The points of series, what is asked of them, and the history that charts show: all from one small table."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.database import connect
from jobs.forecasts.chart_data import FILE, history_query, read_history
from jobs.forecasts.records import ORIGIN, ORIGINS, RECORD, keys_query, write_records
from jobs.forecasts.series import SERIES, STEP, VALUE, feature_name, make_points
from jobs.serving.program import Program, Step
from mdlc_constructs.settings.payloads.dataset import DatasetSection, ForecastSection

DATASET = DatasetSection(
    format="csv",
    timestamp="day",
    entity="shop",
    row_key=("shop", "day"),
    columns={"day": "timestamp", "shop": "text", "sold": "number", "holiday": "boolean"},
    features=("holiday",),
    positive="1",
    task="forecast",
    label="sold",
    forecast=ForecastSection(
        horizon=2, frequency="D", known=("holiday",), quantiles=(0.1, 0.5, 0.9), origins=1, season=2
    ),
)
PROGRAM = Program(
    columns={"holiday": "boolean"},
    steps=(Step(feature="holiday", column="holiday", kind="boolean", fill=0.0),),
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ten days of shop a, whose first is unknown, and five of shop b; the values count the days."""
    with connect() as (opened, _):
        opened.execute(
            "CREATE TABLE rows AS SELECT TIMESTAMP '2024-01-01' + INTERVAL (day) DAY AS day, shop, "
            "CASE WHEN shop = 'a' AND day = 0 THEN NULL ELSE CAST(day AS DOUBLE) END AS sold, "
            "day % 7 = 0 AS holiday FROM range(10) AS days(day), (VALUES ('a'), ('b')) AS shops(shop) "
            "WHERE shop = 'a' OR day < 5"
        )
        make_points(opened, DATASET, PROGRAM, "rows", "points")
        yield opened


def ask(connection: duckdb.DuckDBPyConnection, steps_before_the_end: int) -> None:
    """One record a series, with an origin that many steps before its last."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ORIGINS} AS SELECT {SERIES}, max({STEP}) - {steps_before_the_end} "
        f"AS {ORIGIN}, row_number() OVER (ORDER BY {SERIES}) - 1 AS {RECORD} FROM points GROUP BY 1"
    )


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_a_series_begins_with_its_first_value(connection: duckdb.DuckDBPyConnection) -> None:
    held = rows(
        connection,
        f"SELECT {SERIES}, count(*), min({VALUE}), max({STEP}) - min({STEP}), sum({feature_name(0)}) "
        "FROM points GROUP BY 1 ORDER BY 1",
    )
    assert held == [("a", 9, 1.0, 8, 1.0), ("b", 5, 0.0, 4, 1.0)]


def test_a_record_has_the_past_of_the_target_and_the_future_of_what_is_known(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ask(connection, 2)
    write_records(connection, DATASET, "points", tmp_path / "records.jsonl", features=1, ahead=2)
    first, second = (json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines())
    assert (first["item_id"], first["start"], first["target"]) == (
        "a", "2024-01-02 00:00:00", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    )  # fmt: skip
    assert [len(each) for each in first["dynamic_feat"]] == [9]
    assert second["target"] == [0.0, 1.0, 2.0] and second["dynamic_feat"] == [[1.0, 0.0, 0.0, 0.0, 0.0]]


def test_a_key_has_what_metrics_are_scaled_by_and_compared_with(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    ask(connection, 2)
    keys = rows(
        connection,
        f"SELECT row, entity, day(event_time), label, step, scale, naive "
        f"FROM ({keys_query(DATASET, 'points', label=True)}) ORDER BY row",
    )
    # Values count the days: those a season of two apart differ by two, and the one before is two less.
    assert keys == [
        (0, "a", 9, 8.0, 1, 2.0, 6.0),
        (1, "a", 10, 9.0, 2, 2.0, 7.0),
        (2, "b", 4, 3.0, 1, 2.0, 1.0),
        (3, "b", 5, 4.0, 2, 2.0, 2.0),
    ]


def test_the_history_is_what_comes_before_the_first_origin(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ask(connection, 2)
    connection.execute(f"COPY ({history_query(DATASET, 'points')}) TO '{tmp_path / FILE}' (FORMAT parquet)")
    history = read_history(connection, tmp_path)
    # Three horizons of two steps at most.
    assert history["a"][1].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert history["b"][1].tolist() == [0.0, 1.0, 2.0]
    assert read_history(connection, tmp_path / "nowhere" / "keys.parquet") == {}
