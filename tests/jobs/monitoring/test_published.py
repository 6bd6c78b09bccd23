from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands.monitor import run
from jobs.database import connect
from jobs.errors import InputError
from jobs.monitoring.published import stage_published
from jobs.names import ANSWER, FAULT, SCORE
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import PublishedBatch
from tests.jobs.batches import DATASET
from tests.jobs.monitoring.windows import Row, Window, rows


def publish(
    window: Window, made: Sequence[Row], run_id: str = "aa", *, scored: Sequence[Row] | None = None
) -> Row:
    """Write raw rows and parts as batch inference does; returns the plan's entry."""
    raw, part = f"raw/{run_id}.csv", f"{run_id}/parts/part-00000.parquet"
    window.label(made, name=f"../raw/{raw}")
    window.labels.pop()
    path = window.folder / "captured" / part
    path.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE part (inference_id VARCHAR, row_key VARCHAR, entity VARCHAR, event_time TIMESTAMP, "
            "score DOUBLE, predicted_at TIMESTAMP, model_package_version INTEGER)"
        )
        for number, row in enumerate(made if scored is None else scored):
            values = [f"{run_id}-{row['id']}-{number}", row["id"], row["who"], row["at"], row["score"]]
            connection.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, '2024-03-01 05:00:00', 7)", values)
        connection.execute(f"COPY part TO '{path}' (FORMAT parquet)")
    predicted_at = "2024-03-01T05:00:00+00:00"
    return {"run": run_id, "package_version": 7, "predicted_at": predicted_at, "parts": [part], "raw": [raw]}


def test_batches_are_judged_as_endpoints_are(window: Window) -> None:
    made = rows(120)
    published = [publish(window, made[:60]), publish(window, made[60:], "bb")]
    window.label(made)
    run(window.plan(kind="batch", published=published, segments=["kind"], sample=3), window.folders())
    found = window.output("summary.json")
    assert (found["monitor"], found["rows"], found["unreadable"]) == ("batch", 120, 0)
    assert found["accuracy"]["coverage"] == 1.0 and found["skew"]["skewed"] == []
    assert not found["drifted"]
    requests = (window.folder / "out/monitoring/replay/requests.jsonl").read_text().splitlines()
    assert len(requests) == 3 and '"kind": ' in requests[0]


def test_the_probabilities_of_published_predictions_are_read(tmp_path: Path) -> None:
    part, raw = tmp_path / "part.parquet", tmp_path / "raw.csv"
    dataset = decode(
        DatasetSection,
        {
            **DATASET,
            "columns": {"id": "text", "at": "timestamp", "who": "text", "amount": "number", "y": "category"},
            "features": ["amount"],
            "calendar": [],
            "known_after": [],
            "task": "multiclass",
            "classes": ["a", "b", "c"],
        },
    )
    raw.write_text("id,at,who,amount\nr1,2024-03-01,w,1\n")
    entry = PublishedBatch(
        run="aa",
        package_version=7,
        predicted_at="2024-03-01T05:00:00+00:00",
        parts=(part.name,),
        raw=(raw.name,),
    )
    (tmp_path / "served").mkdir()
    with connect() as (connection, _):
        connection.execute(
            "COPY (SELECT 'x' AS inference_id, 'r1' AS row_key, 0.7 AS score, "
            f"[0.1, 0.7, 0.2] AS probabilities) TO '{part}' (FORMAT parquet)"
        )
        columns = {"id": "text", "amount": "number"}
        stage_published(connection, tmp_path, tmp_path, [entry], dataset, columns, tmp_path / "served")
        found = connection.execute(
            f"SELECT {FAULT}, {SCORE}, {ANSWER} FROM '{tmp_path / 'served' / '*.parquet'}'"
        ).fetchall()
    assert found == [(None, 0.7, [0.1, 0.7, 0.2])]


def test_the_same_row_scored_in_two_runs_counts_in_both(window: Window) -> None:
    made = rows(60)
    published = [publish(window, made), publish(window, made, "bb")]
    window.label(made)
    run(window.plan(kind="batch", published=published), window.folders())
    found = window.output("summary.json")
    assert (found["rows"], found["accuracy"]["labelled"], found["accuracy"]["duplicates"]) == (120, 120, 0)


def test_predictions_whose_raw_rows_are_gone(window: Window) -> None:
    made = rows(60)
    entry = publish(window, made[:40], scored=made)
    run(
        window.plan(kind="batch", published=[entry, {**publish(window, made[:5], "bb"), "raw": ["no.csv"]}]),
        window.folders(),
    )
    found = window.output("summary.json")
    assert (found["rows"], found["unreadable"]) == (40, 25)
    assert "Raw file no.csv of run bb is gone." in found["notes"]
    assert "25 predictions are about rows that are not among the raw files." in found["notes"]


def test_keys_that_repeat_are_taken_one_by_one(window: Window) -> None:
    made = rows(40)
    twice = [row for row in made for _ in range(2)]
    run(window.plan(kind="batch", published=[publish(window, twice)]), window.folders())
    assert window.output("summary.json")["rows"] == 80


def test_a_window_without_published_results(window: Window) -> None:
    assert run(window.plan(kind="batch", published=[]), window.folders()).rows == 0


def test_a_part_that_is_gone(window: Window) -> None:
    entry: dict[str, Any] = {**publish(window, rows(2)), "parts": ["gone.parquet"]}
    with pytest.raises(InputError, match=r"Part gone.parquet of run aa was planned but is not there"):
        run(window.plan(kind="batch", published=[entry]), window.folders())
