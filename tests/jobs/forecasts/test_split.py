import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from jobs.commands import features
from jobs.errors import InputError
from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm
from mdlc_constructs.settings.payloads.codec import encode
from tests.jobs.batches import Batch
from tests.jobs.forecasts.lines import (
    FIRST,
    HEADER,
    HORIZON,
    ORIGINS,
    SEASON,
    plan,
    point,
    points,
    records,
    trained,
    value,
)

DAYS = 40


def keys(batch: Batch) -> list[dict[str, Any]]:
    path = batch.output("split", "holdout_keys", "keys.parquet")
    rows = duckdb.connect().execute(f"FROM '{path}' ORDER BY row")
    return [
        dict(zip([column[0] for column in rows.description], row, strict=True)) for row in rows.fetchall()
    ]


def manifest(batch: Batch) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(batch.output("split", "manifest.json").read_text())
    return content


def test_each_series_is_forecast_from_every_origin_and_each_step_once(batch: Batch) -> None:
    trained(batch)
    asked = records(batch.output("split", "holdout", "holdout.jsonl"))
    first = DAYS - HORIZON * ORIGINS
    assert [(record["item_id"], len(record["target"])) for record in asked] == [
        (f"s{shop}", first + HORIZON * origin) for shop in range(3) for origin in range(ORIGINS)
    ]
    for record in asked:
        shop = int(record["item_id"][1])
        assert record["start"] == "2024-01-01 00:00:00"
        assert record["target"] == [value(shop, place) for place in range(len(record["target"]))]
        holidays = [float(place % 6 == 0) for place in range(len(record["target"]) + HORIZON)]
        assert record["dynamic_feat"] == [holidays]
    found = keys(batch)
    assert [key["row"] for key in found] == list(range(3 * ORIGINS * HORIZON))
    for key in found:
        shop, place = int(key["entity"][1]), (key["event_time"] - FIRST).days
        origin = (key["origin"] - FIRST).days
        assert key["label"] == value(shop, place)
        assert place == origin + key["step"] and 1 <= key["step"] <= HORIZON
        assert json.loads(key["row_key"]) == {"shop": key["entity"], "day": str(key["event_time"])}
        assert key["naive"] == value(shop, place - SEASON)
        errors = [abs(value(shop, at) - value(shop, at - SEASON)) for at in range(SEASON, origin + 1)]
        assert key["scale"] == pytest.approx(sum(errors) / len(errors), abs=1e-12)
    assert sorted((key["entity"], key["event_time"]) for key in found) == [
        (f"s{shop}", FIRST + timedelta(days=place)) for shop in range(3) for place in range(first, DAYS)
    ]


def test_training_sees_nothing_from_the_holdouts_first_step_on(batch: Batch) -> None:
    trained(batch)
    parts = manifest(batch)["intervals"]
    for part in ("train", "validation"):
        for record in records(batch.output("split", part, f"{part}.jsonl")):
            last = FIRST + timedelta(days=len(record["target"]))
            assert last.isoformat() == parts[part]["end"]
            assert len(record["dynamic_feat"][0]) == len(record["target"])
    assert parts["validation"]["end"] == parts["holdout"]["start"] == "2024-02-02T00:00:00"


def test_a_holdout_of_a_smaller_share_is_as_long_as_its_origins(batch: Batch) -> None:
    batch.write("a.csv", points(DAYS), HEADER)
    features.run(plan(batch, forecast={"origins": 9}), batch.folders())
    assert manifest(batch)["intervals"]["holdout"]["start"] == "2024-01-14T00:00:00"
    assert len(keys(batch)) == 3 * 9 * HORIZON


def test_a_gap_keeps_rows_out_of_the_parts(batch: Batch) -> None:
    batch.write("a.csv", points(DAYS), HEADER)
    split = {"fractions": {"train": 0.6, "validation": 0.2, "holdout": 0.2}, "gap_seconds": 2 * 86400.0}
    features.run(plan(batch, split=split), batch.folders())
    found = manifest(batch)
    assert [found["intervals"][part]["end"] for part in ("train", "validation")] == [
        "2024-01-23T00:00:00",
        "2024-01-31T00:00:00",
    ]
    assert found["rows"]["left_out"] == 3 * 4


def test_a_holdout_by_dates_that_is_too_short_is_refused(batch: Batch) -> None:
    batch.write("a.csv", points(DAYS), HEADER)
    split = {
        "intervals": {
            "train": {"start": None, "end": "2024-01-20T00:00:00"},
            "validation": {"start": "2024-01-20T00:00:00", "end": "2024-02-06T00:00:00"},
            "holdout": {"start": "2024-02-06T00:00:00", "end": None},
        }
    }
    with pytest.raises(
        InputError, match=r"from 2024-02-06T00:00:00 has 4 steps, and 2 forecasts of 3 steps ne"
    ):
        features.run(plan(batch, split=split), batch.folders())


def test_a_series_that_ended_before_is_trained_on_but_not_forecast(batch: Batch) -> None:
    batch.write("a.csv", [*points(DAYS, 2), *points(20, 3)[40:]], HEADER)
    features.run(plan(batch), batch.folders())
    asked = records(batch.output("split", "holdout", "holdout.jsonl"))
    assert {record["item_id"] for record in asked} == {"s0", "s1"}
    learned = records(batch.output("split", "train", "train.jsonl"))
    assert {record["item_id"] for record in learned} == {"s0", "s1", "s2"}


@pytest.mark.parametrize(
    ("shards", "names"), [(1, ["train.json"]), (2, ["part-00000.json", "part-00001.json"])]
)
def test_the_files_of_deepar_have_the_ending_by_which_it_knows_them(
    batch: Batch, shards: int, names: list[str]
) -> None:
    batch.write("a.csv", points(DAYS), HEADER)
    section = replace(BuiltInAlgorithm.forecasting_deepar(epochs=1).records("forecast"), shards=shards)
    features.run(plan(batch, records=encode(section)), batch.folders())
    assert sorted(path.name for path in batch.output("split", "train").iterdir()) == names
    assert [path.name for path in batch.output("split", "validation").iterdir()] == ["validation.json"]
    assert batch.output("split", "holdout", "holdout.jsonl").is_file()


def test_missing_values_are_null_and_the_last_known_step_is_the_end(batch: Batch) -> None:
    made = [point(0, place, sold="") if place in (0, 7, 38, 39) else point(0, place) for place in range(DAYS)]
    batch.write("a.csv", [*made, *points(38, 2)[38:]], HEADER)
    features.run(plan(batch), batch.folders())
    asked = records(batch.output("split", "holdout", "holdout.jsonl"))
    assert asked[0]["start"] == "2024-01-02 00:00:00"
    assert [place for place, held in enumerate(asked[0]["target"]) if held is None] == [6]
    assert max(key["event_time"] for key in keys(batch)) == FIRST + timedelta(days=37)


def test_steps_that_are_missing_stop_the_job(batch: Batch) -> None:
    batch.write("a.csv", [row for row in points(DAYS) if row != point(1, 9)], HEADER)
    with pytest.raises(InputError, match="Series 's1' has no row for the step after 2024-01-09"):
        features.run(plan(batch), batch.folders())


def test_the_champion_is_asked_with_its_own_features(batch: Batch) -> None:
    batch.write("a.csv", points(DAYS), HEADER)
    program = {
        "schema_version": 1,
        "columns": {"day": "timestamp"},
        "format": "csv",
        "origin": {},
        "steps": [
            {"feature": "day_day", "column": "day", "kind": "calendar", "fill": -1.0, "part": "day"},
        ],
    }
    champion = {"version": 1, "package_arn": "arn", "model": "m", "program": program}
    features.run(plan(batch, champion=champion), batch.folders())
    (record, *_) = records(batch.output("split", "champion", "holdout.jsonl"))
    assert record["dynamic_feat"][0][:3] == [1.0, 2.0, 3.0]
    own = records(batch.output("split", "holdout", "holdout.jsonl"))[0]
    assert record["target"] == own["target"]
