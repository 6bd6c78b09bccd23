"""Batch inference and its monitor on rows without time and ids."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands import check, features, monitor, prepare
from jobs.errors import PlanError
from jobs.folders import Folders
from jobs.monitoring.settings import read_settings
from jobs.serving.program import FILE
from tests.jobs.batches import Batch
from tests.jobs.monitoring.windows import RUN, Window, write_statistics
from tests.jobs.test_dividing import HEADER, PLAIN, at_random, plain

SCORED = tuple(name for name in HEADER if name not in ("y", "part", "w"))
PREDICTED = "2024-03-01T05:00:00+00:00"


def predictions(tmp_path: Path) -> tuple[Window, list[tuple[Any, ...]]]:
    """A monitor's window whose batch was scored by the jobs; and the records of its rows."""
    trained = Batch(tmp_path / "trained")
    trained.write("a.csv", plain(), HEADER)
    features.run(trained.plan(dataset=PLAIN, split=at_random()), trained.folders())
    batch = Batch(tmp_path / "batch")
    made = plain(40, seed=7)
    batch.write("a.csv", [*made[:20], made[0]], SCORED)
    batch.write("b.csv", made[20:], SCORED)
    package = {"arn": "arn:package/7", "version": 7}
    about: dict[str, Any] = {"dataset": PLAIN, "workflow": "batch", "split": None, "package": package}
    plan = batch.plan(predicted_at=PREDICTED, **about)
    prepare.run(plan, batch.folders(program=trained.output("program")))
    for records in batch.output("shards").rglob("*.csv"):
        scores = batch.folder / "scores" / f"{records.name}.out"
        scores.parent.mkdir(exist_ok=True)
        lines = len(records.read_text().splitlines())
        scores.write_text("\n".join(str(place / lines) for place in range(lines)))
    inputs = {"keys": batch.output("keys"), "predictions": batch.folder / "scores"}
    checked = Folders(input_base=tmp_path / "none", output_base=tmp_path / "checked", inputs=inputs)
    assert check.run(plan, checked).passed
    window = Window(tmp_path / "window")
    shutil.copytree(tmp_path / "checked" / "parts", window.folder / "captured" / "aa" / "parts")
    shutil.copytree(batch.data, window.folder / "raw" / "sub")
    shutil.copy(trained.output("program", FILE), window.folder / "program" / FILE)
    write_statistics(window.folder / "baseline" / "statistics.json", [{"score": 0.5}, {"score": 0.1}])
    paths = f"{window.folder}/captured/aa/parts/*.parquet"
    query = f"SELECT inference_id, row_key, entity, event_time, score FROM '{paths}'"
    return window, duckdb.connect().execute(query).fetchall()


def published(window: Window, **monitor: Any) -> dict[str, Any]:
    parts = sorted(f"aa/parts/{path.name}" for path in (window.folder / "captured/aa/parts").iterdir())
    batch = {
        "run": RUN,
        "package_version": 7,
        "predicted_at": PREDICTED,
        "parts": parts,
        "raw": ["sub/a.csv", "sub/b.csv"],
    }
    return {"kind": "batch", "published": [batch], "dataset": PLAIN, **monitor}


def test_a_batch_without_ids_is_scored_and_monitored_with_labels_by_inference_id(tmp_path: Path) -> None:
    window, records = predictions(tmp_path)
    assert len({record[0] for record in records}) == len({record[1] for record in records}) == 41
    assert {record[2:4] for record in records} == {(None, None)}
    window.label([{"request_id": record[0], "value": int(record[4] > 0.5)} for record in records], "l.jsonl")
    by_id = {"by": "inference_id", "format": "jsonlines"}
    monitor.run(window.plan(**published(window, labels=by_id)), window.folders())
    summary = window.output("summary.json")
    assert (summary["rows"], summary["unreadable"], summary["accuracy"]["labelled"]) == (41, 0, 41)
    assert summary["accuracy"]["metrics"]["auc"]["value"] == 1.0


def test_keys_of_a_file_that_changed_are_of_no_row(tmp_path: Path) -> None:
    window, _ = predictions(tmp_path)
    path = window.folder / "raw" / "sub" / "b.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *lines[1:], lines[0]]) + "\n")
    monitor.run(window.plan(**published(window)), window.folders())
    summary = window.output("summary.json")
    assert (summary["rows"], summary["unreadable"]) == (21, 20)
    assert "20 predictions are about rows that are not among the raw files." in summary["notes"]


@pytest.mark.parametrize("by", ["row_key", "entity_and_time"])
def test_labels_need_what_the_rows_do_not_have(tmp_path: Path, by: str) -> None:
    window = Window(tmp_path)
    plan = window.plan(dataset=PLAIN, labels={"by": by, "format": "csv"})
    with pytest.raises(PlanError, match="join by inference_id"):
        read_settings(plan)


def test_an_endpoints_rows_have_no_key(tmp_path: Path) -> None:
    window, _ = predictions(tmp_path)
    row = {**plain(1)[0], "id": "r"}
    body = json.dumps({name: row[name] for name in SCORED})
    answer = '{"score": 0.3, "version": 7}'
    kind = {"observedContentType": "application/jsonlines", "encoding": "JSON"}
    sides = {"endpointInput": {**kind, "data": body}, "endpointOutput": {**kind, "data": answer}}
    about = {"eventId": "e", "inferenceId": "mine", "inferenceTime": "2024-03-01T01:00:00Z"}
    window.capture([json.dumps({"captureData": sides, "eventMetadata": about, "eventVersion": "0"})])
    window.label([{"request_id": "mine", "value": 1}], "l.jsonl")
    by_id = {"by": "inference_id", "format": "jsonlines"}
    monitor.run(window.plan(dataset=PLAIN, labels=by_id), window.folders())
    summary = window.output("summary.json")
    assert (summary["rows"], summary["accuracy"]["labelled"]) == (1, 1)
    rows = duckdb.connect().execute(
        f"SELECT row_key, event_time FROM '{window.folder}/out/monitoring/rows.parquet'"
    )
    assert rows.fetchall() == [(None, None)]
