"""What the features job tells of the rows: statistics and a sample."""

import json
from pathlib import Path

import duckdb
import pytest

from jobs import trained_on
from jobs.commands import features
from tests.jobs.batches import DATASET, Batch, rows

pytestmark = pytest.mark.slow


def sample(path: Path) -> list[tuple[object, ...]]:
    return duckdb.connect().execute(f"FROM read_parquet('{path}')").fetchall()


def test_every_labelled_row_of_the_parts_counts(batch: Batch) -> None:
    made = rows()
    made[0]["y"] = ""
    batch.write("a.csv", made)
    intervals = {
        "train": {"start": "2024-01-05T00:00:00", "end": "2024-02-01T00:00:00"},
        "validation": {"start": "2024-02-01T00:00:00", "end": "2024-03-01T00:00:00"},
        "holdout": {"start": "2024-03-01T00:00:00", "end": "2024-03-20T00:00:00"},
    }
    verdict = features.run(batch.plan(split={"intervals": intervals}), batch.folders())
    document = json.loads(batch.output("split", "baseline", "statistics.json").read_text())
    assert document["dataset"]["item_count"] == verdict.rows < 299
    assert [feature["name"] for feature in document["features"]] == DATASET["features"]
    amount = document["features"][0]["numerical_statistics"]
    used = [row for row in made if row["y"] != "" and "2024-01-05" <= row["at"] < "2024-03-20"]
    assert amount["common"]["num_missing"] == sum(row["amount"] == "" for row in used)
    assert amount["sum"] == pytest.approx(sum(row["amount"] or 0 for row in used))
    found = sample(batch.output("split", "baseline", "sample.parquet"))
    assert len(found) == len(used)


def test_the_sample_holds_raw_rows_with_their_time(filled: Batch) -> None:
    features.run(filled.plan(), filled.folders())
    path = filled.output("split", "baseline", "sample.parquet")
    described = duckdb.connect().execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
    assert [(column[0], column[1]) for column in described] == [
        ("at", "TIMESTAMP"),
        ("amount", "DOUBLE"),
        ("count", "BIGINT"),
        ("kind", "VARCHAR"),
        ("flag", "BOOLEAN"),
    ]
    expected = [(row["at"], row["amount"] or None, row["count"], row["kind"] or None) for row in rows()]
    found = [(str(at).replace(" ", "T"), amount, n, kind) for at, amount, n, kind, _ in sample(path)]
    assert sorted(map(str, found)) == sorted(map(str, expected))


def test_a_sample_of_many_rows_is_bounded_and_fair(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained_on, "SAMPLE_ROWS", 1000)
    made = rows(4000)
    batch.write("a.csv", made)
    features.run(batch.plan(), batch.folders())
    found = sample(batch.output("split", "baseline", "sample.parquet"))
    assert len(found) == 1000
    # Of the rows of each of five values about as large a part is taken: six standard deviations.
    for count in range(5):
        share = sum(row["count"] == count for row in made) / 4000
        assert abs(sum(row[2] == count for row in found) / 1000 - share) < 6 * (share / 1000) ** 0.5


def test_rows_that_are_all_the_same_are_sampled_too(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained_on, "SAMPLE_ROWS", 50)
    made = [{**row, "id": "same", "amount": 1.0, "at": row["at"][:7] + "-02", "count": 1} for row in rows()]
    batch.write("a.csv", made)
    plan = batch.plan(quality={"unique_key": False}, dataset={"features": ["count"], "entity": None})
    features.run(plan, batch.folders())
    assert len(sample(batch.output("split", "baseline", "sample.parquet"))) == 50


def test_a_model_of_the_calendar_alone_has_an_empty_statistics_and_a_sample(filled: Batch) -> None:
    features.run(filled.plan(dataset={"features": []}), filled.folders())
    document = json.loads(filled.output("split", "baseline", "statistics.json").read_text())
    assert (document["dataset"]["item_count"], document["features"]) == (300, [])
    assert len(sample(filled.output("split", "baseline", "sample.parquet"))) == 300
