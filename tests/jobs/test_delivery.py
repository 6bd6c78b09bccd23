import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs import delivery
from jobs.errors import PlanError
from jobs.plan import Plan
from tests.jobs.batches import DATASET, Batch

AT = datetime(2024, 6, 1, 8)


def planned(folder: Path, **settings: Any) -> Plan:
    about = {"to": "table", "key": "row_key", "columns": [], **settings}
    dataset = {**DATASET, "columns": {**DATASET["columns"], "leg": "text"}, "row_key": ["id", "leg"]}
    batch = Batch(folder)
    batch.write("a.csv", "id\n1\n")
    return batch.plan(workflow="batch", split={}, delivery=about, dataset=dataset)


def part(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    """A part as the check job writes it."""
    path = folder / name
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE part (inference_id VARCHAR, row_key VARCHAR, entity VARCHAR, event_time TIMESTAMP, "
        "score DOUBLE, predicted_at TIMESTAMP, model_package_version INTEGER)"
    )
    for row in rows:
        connection.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?)", list(row.values()))
    connection.execute(f"COPY part TO '{path}' (FORMAT parquet)")
    return path


def record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "inference_id": f"i{number}",
        "row_key": json.dumps({"id": f"r{number}", "leg": "x"}),
        "entity": f"w{number % 3}",
        "event_time": AT + timedelta(minutes=number),
        "score": number / 10,
        "predicted_at": datetime(2024, 6, 2, 8, 0, 0, 123_000),
        "model_package_version": 4,
        **changes,
    }


def written(tmp_path: Path, plan: Plan, *parts: list[dict[str, Any]]) -> tuple[dict[str, int], list[Any]]:
    paths = [part(tmp_path, f"part-{number}.parquet", rows) for number, rows in enumerate(parts)]
    folder = tmp_path / "delivery"
    folder.mkdir()
    counts = delivery.write(duckdb.connect(), plan, paths, folder)
    names = sorted(folder.iterdir(), key=lambda path: int(path.stem))
    assert [path.name for path in names] == [f"{number}.jsonl" for number in range(counts["delivery_files"])]
    return counts, [[json.loads(line) for line in path.read_text().splitlines()] for path in names]


def test_events_get_every_row_in_order_without_a_key(tmp_path: Path) -> None:
    plan = planned(tmp_path / "batch", to="events")
    counts, (rows,) = written(tmp_path, plan, [record(0), record(0)], [record(1, entity=None)])
    assert counts == {"delivery_files": 1, "delivery_rows": 3}
    assert [row["inference_id"] for row in rows] == ["i0", "i0", "i1"]
    assert rows[2] == {
        "inference_id": "i1",
        "row_key": '{"id": "r1", "leg": "x"}',
        "entity": None,
        "event_time": "2024-06-01T08:01:00.000000Z",
        "score": 0.1,
        "predicted_at": "2024-06-02T08:00:00.123000Z",
        "model_package_version": 4,
    }


@pytest.mark.parametrize(
    ("key", "first"), [("row_key", '{"id": "r0", "leg": "x"}'), ("id", "r0"), ("who", "w0")]
)
def test_a_table_gets_the_key_that_was_asked_for(tmp_path: Path, key: str, first: str) -> None:
    _, (rows,) = written(tmp_path, planned(tmp_path / "batch", key=key), [record(0)])
    assert [row["key"] for row in rows] == [first]


def test_the_only_column_of_a_row_key_is_the_row_key(tmp_path: Path) -> None:
    batch = Batch(tmp_path / "batch")
    batch.write("a.csv", "id\n1\n")
    plan = batch.plan(workflow="batch", split={}, delivery={"to": "table", "key": "id", "columns": []})
    _, (rows,) = written(tmp_path, plan, [record(0, row_key="{r0}")])
    assert rows[0]["key"] == "{r0}"


def test_of_rows_with_the_same_key_the_latest_event_is_the_item(tmp_path: Path) -> None:
    plan = planned(tmp_path / "batch", key="who")
    counts, (rows,) = written(tmp_path, plan, [record(n) for n in range(5)], [record(n) for n in (9, 5)])
    assert counts == {"delivery_files": 1, "delivery_rows": 3}
    assert {row["key"]: row["inference_id"] for row in rows} == {"w0": "i9", "w1": "i4", "w2": "i5"}


def test_rows_without_a_key_have_no_item(tmp_path: Path) -> None:
    plan = planned(tmp_path / "batch", key="who")
    counts, files = written(tmp_path, plan, [record(0, entity=None), record(1, entity="")])
    assert counts == {"delivery_files": 0, "delivery_rows": 0}
    assert files == []


def test_files_hold_a_bounded_number_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "ROWS_PER_FILE", 4)
    plan = planned(tmp_path / "batch")
    counts, files = written(tmp_path, plan, [record(n) for n in range(10)])
    assert counts == {"delivery_files": 3, "delivery_rows": 10}
    assert [len(rows) for rows in files] == [4, 4, 2]
    assert len({row["key"] for rows in files for row in rows}) == 10


def test_files_grow_before_the_history_of_an_execution_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ROWS_PER_FILE", 2)
    monkeypatch.setattr(delivery, "MAX_FILES", 3)
    _, files = written(tmp_path, planned(tmp_path / "batch", to="events"), [record(n) for n in range(10)])
    assert [len(rows) for rows in files] == [4, 4, 2]


@pytest.mark.parametrize("score", [1 / 3, 1e-300, 123456789.125, 5.0, 0.1 + 0.2])
def test_a_score_keeps_all_its_digits(tmp_path: Path, score: float) -> None:
    _, (rows,) = written(tmp_path, planned(tmp_path / "batch"), [record(0, score=score)])
    assert rows[0]["score"] == score


def test_a_key_that_no_record_holds_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"delivery\.key='amount': give row_key"):
        written(tmp_path, planned(tmp_path / "batch", key="amount"), [record(0)])


def delivered(tmp_path: Path, dataset: dict[str, Any], columns: str) -> dict[str, Any]:
    """The delivered row of a part that has the columns of every task and these."""
    batch = Batch(tmp_path / "batch")
    batch.write("a.csv", "id\n1\n")
    settings = {"to": "events", "columns": []}
    plan = batch.plan(workflow="batch", split={}, delivery=settings, dataset={**DATASET, **dataset})
    path = tmp_path / "part.parquet"
    moment = "TIMESTAMP '2024-06-01 08:00:00'"
    duckdb.connect().execute(
        f"COPY (SELECT 'i' AS inference_id, 'r' AS row_key, 'w' AS entity, {moment} AS event_time, "
        f"0.7 AS score, {moment} AS predicted_at, 4 AS model_package_version, {columns}) "
        f"TO '{path}' (FORMAT parquet)"
    )
    (tmp_path / "delivery").mkdir()
    delivery.write(duckdb.connect(), plan, [path], tmp_path / "delivery")
    (line,) = (tmp_path / "delivery" / "0.jsonl").read_text().splitlines()
    row: dict[str, Any] = json.loads(line)
    return row


def test_rows_of_classes_have_the_class_and_each_probability(tmp_path: Path) -> None:
    classes = {"columns": {**DATASET["columns"], "y": "category"}, "task": "multiclass"}
    row = delivered(
        tmp_path,
        {**classes, "classes": ["it's", "a", "A"]},
        "'a' AS prediction, [0.2, 0.7, 0.1]::DOUBLE[] AS probabilities",
    )
    assert (row["prediction"], row["probabilities"]) == ("a", {"it's": 0.2, "a": 0.7, "A": 0.1})


def test_rows_of_a_ranking_have_their_rank(tmp_path: Path) -> None:
    row = delivered(tmp_path, {"task": "ranking", "group": "who"}, "3::INTEGER AS rank")
    assert (row["rank"], row["score"]) == (3, 0.7)


def test_rows_of_a_forecast_have_their_step_and_each_quantile(tmp_path: Path) -> None:
    forecast = {"horizon": 2, "frequency": "D", "season": 7, "origins": 1, "quantiles": [0.1, 0.5, 0.9]}
    row = delivered(
        tmp_path,
        {"task": "forecast", "forecast": {"known": [], **forecast}},
        "2::INTEGER AS step, [1, 2, 3.5]::DOUBLE[] AS quantiles",
    )
    assert (row["step"], row["quantiles"]) == (2, {"0.1": 1.0, "0.5": 2.0, "0.9": 3.5})
