from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.predictions import published
from mdlc_cli.predictions.prediction import Prediction
from tests.cli.fakes import FakeTarget
from tests.cli.life import execution, window
from tests.cli.stored import parquet, read_here, stored

RUN = execution(
    "batch-inference", "2026-02-05", version=2, manifest="s3://bucket/predictions/b1/manifest.json"
)
OLDER = execution(
    "batch-inference", "2026-01-05", version=1, manifest="s3://bucket/predictions/b0/manifest.json"
)
RECORD = (
    "SELECT '{id}' AS inference_id, '{key}' AS row_key, NULL AS entity, TIMESTAMP '2026-02-01' "
    "AS event_time, 0.25::FLOAT AS score, TIMESTAMP '2026-02-05' AS predicted_at, "
    "{version} AS model_package_version"
)
PLAN = {
    "dataset": {"format": "csv", "row_key": ["id"], "uri": "s3://bucket/raw/batch/"},
    "data": {"files": [{"name": "b.csv"}, {"name": "a.csv"}]},
}
SERVED = (
    "SELECT 'q1' AS inference_id, NULL AS row_key, 'N1' AS entity, NULL AS event_time, "
    "TIMESTAMP '2026-02-09 01:00' AS served_at, 0.5::DOUBLE AS score, 7 AS package_version, NULL AS label, "
    "60 AS delay, 'AA' AS carrier"
)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    read_here(monkeypatch)

    def part(id_: str, key: str, version: int) -> bytes:
        return parquet(tmp_path, RECORD.format(id=id_, key=key, version=version))

    def manifest(*parts: str) -> bytes:
        return json.dumps({"parts": [{"name": f"parts/{one}", "bytes": 9} for one in parts]}).encode()

    objects = {
        "predictions/b0/manifest.json": manifest(),
        "predictions/b1/manifest.json": manifest("part-00000.parquet", "part-00001.parquet"),
        "predictions/b1/parts/part-00000.parquet": part("i0", "k0", 2),
        "predictions/b1/parts/part-00001.parquet": part("i1", "k1", 2),
        "runs/run-2026-02-05/old/plan.json": b"{}",
        "runs/run-2026-02-05/new/plan.json": json.dumps(PLAN).encode(),
        "raw/batch/a.csv": b"id,x\nk0,1\n",
        "raw/batch/b.csv": b"id,x\nk1,007\nk2,3\n",
        "monitoring/endpoint/2026-02-09/d1/rows.parquet": parquet(tmp_path, SERVED),
    }
    return FakeTarget(clients={"s3": stored(objects)})


def batch(target: FakeTarget, id_: str = "i1") -> Prediction:
    found = published.in_batches(target, [RUN, OLDER], id_, lambda line: None)
    assert found is not None
    return found


def test_a_prediction_is_found_in_the_parts_that_the_manifest_lists(target: FakeTarget) -> None:
    told: list[str] = []
    assert published.in_batches(target, [RUN, OLDER], "i9", told.append) is None
    assert told[-1].startswith("parts/part-00001.parquet of run run-2026-02-05: 0.0 MB")
    found = batch(target)
    assert (found.kind, found.version, found.score) == ("batch", 2, 0.25)
    assert found.place == "s3://bucket/predictions/b1/parts/part-00001.parquet"
    assert found.details["row_key"] == "k1"
    assert (found.details["run"], found.details["execution_arn"]) == ("run-2026-02-05", RUN["execution_arn"])
    assert "entity" in found.details and found.row is None


def test_a_batch_that_was_deleted_since_is_passed_over(target: FakeTarget) -> None:
    gone = {**RUN, "manifest": "s3://bucket/predictions/b9/manifest.json"}
    assert published.in_batches(target, [gone], "i1", lambda line: None) is None
    assert published.in_batches(target, [gone, RUN], "i1", lambda line: None) is not None


def test_the_row_comes_from_the_file_that_the_part_was_made_of(target: FakeTarget) -> None:
    row, place = published.input_row(target, "bucket", batch(target))
    # Parts are numbered by the files' names in order.
    assert (row, place) == ({"id": "k1", "x": "007"}, "s3://bucket/raw/batch/b.csv")


def test_a_row_that_cannot_be_told_is_none(target: FakeTarget) -> None:
    found = batch(target)
    other = replace(found, details={**found.details, "row_key": "k9"})
    assert published.input_row(target, "bucket", other) == (None, "s3://bucket/raw/batch/b.csv")
    beyond = replace(found, place="s3://bucket/predictions/b1/parts/part-00002.parquet")
    assert published.input_row(target, "bucket", beyond) == (None, "")
    gone = replace(found, details={**found.details, "run": "unknown"})
    assert published.input_row(target, "bucket", gone) == (None, "")


def test_a_row_whose_file_was_deleted_since_is_none(target: FakeTarget) -> None:
    found = batch(target)
    plan = json.dumps({**PLAN, "data": {"files": [{"name": "gone.csv"}, {"name": "a.csv"}]}}).encode()
    bare = FakeTarget(clients={"s3": stored({"runs/run-2026-02-05/x/plan.json": plan})})
    assert published.input_row(bare, "bucket", found) == (None, "s3://bucket/raw/batch/gone.csv")


def test_much_is_searched_in_several_piles(target: FakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "PILE_BYTES", 1)
    assert batch(target).place.endswith("part-00001.parquet")
    windows = [window("2026-02-09"), window("2026-02-10")]
    assert published.in_windows(target, windows, "q1", lambda line: None) is not None
    assert published.in_batches(target, [RUN], "i9", lambda line: None) is None


def test_rows_of_windows_hold_the_row_the_version_and_the_label(target: FakeTarget) -> None:
    windows = [window("2026-02-10"), window("2026-02-09")]
    found = published.in_windows(target, windows, "q1", lambda line: None)
    assert found is not None
    assert (found.kind, found.version, found.score) == ("endpoint", 7, 0.5)
    assert found.row == {"delay": 60, "carrier": "AA"}
    assert found.at == "2026-02-09 01:00:00"
    assert found.details == {
        "window": "2026-02-09T00:00:00Z to 2026-02-09T23:00:00Z",
        "monitored in": "s3://bucket/monitoring/endpoint/2026-02-09/d1/report.json",
        "entity": "N1",
    }
    assert found.place == "s3://bucket/monitoring/endpoint/2026-02-09/d1/rows.parquet"
    assert published.in_windows(target, windows, "q2", lambda line: None) is None


def test_the_newest_plan_of_a_run_counts(target: FakeTarget) -> None:
    assert published.plan_of(target, "bucket", "run-2026-02-05") == PLAN
    assert published.plan_of(target, "bucket", "none") == {}


def test_the_number_of_a_row_without_ids_is_the_end_of_its_key(target: FakeTarget) -> None:
    found = batch(target)
    dataset: Any = PLAN["dataset"]
    plan = json.dumps({**PLAN, "dataset": {**dataset, "row_key": []}}).encode()
    objects = {"runs/run-2026-02-05/x/plan.json": plan, "raw/batch/b.csv": b"id,x\nk1,007\nk1,007\nk2,3\n"}
    plain = FakeTarget(clients={"s3": stored(objects)})
    second = replace(found, details={**found.details, "row_key": "0a1b-3"})
    row, place = published.input_row(plain, "bucket", second)
    assert (row, place) == ({"id": "k2", "x": "3"}, "s3://bucket/raw/batch/b.csv")
    beyond = replace(found, details={**found.details, "row_key": "0a1b-9"})
    assert published.input_row(plain, "bucket", beyond) == (None, "s3://bucket/raw/batch/b.csv")
