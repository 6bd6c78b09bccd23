"""Small series for tests of forecasts: rows, their declaration, and the life of a model over them."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.commands import check, features, prepare
from jobs.plan import Plan, parse_plan
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from tests.jobs.batches import Batch, Row

HEADER = ("shop", "day", "sold", "holiday")
FIRST = datetime(2024, 1, 1)
HORIZON, ORIGINS, SEASON = 3, 2, 7
SPLIT: dict[str, Any] = {"fractions": {"train": 0.6, "validation": 0.2, "holdout": 0.2}}


def declared(**forecast: Any) -> dict[str, Any]:
    """The dataset section, with the forecast's fields changed."""
    asked = {
        "horizon": HORIZON,
        "frequency": "D",
        "known": ["holiday"],
        "quantiles": [0.1, 0.5, 0.9],
        "origins": ORIGINS,
        "season": SEASON,
        **forecast,
    }
    return {
        "format": "csv",
        "label": "sold",
        "timestamp": "day",
        "entity": "shop",
        "row_key": ["shop", "day"],
        "columns": {"shop": "text", "day": "timestamp", "sold": "number", "holiday": "boolean"},
        "known_after": [],
        "features": list(asked["known"]),
        "calendar": [],
        "positive": "1",
        "task": "forecast",
        "accepted_leaks": [],
        "forecast": asked,
    }


def section(**forecast: Any) -> DatasetSection:
    """The same, decoded."""
    return decode(DatasetSection, declared(**forecast))


def value(shop: int, place: int) -> float:
    """What a shop sells on a day: a level, a week, and a little growth."""
    return round(10 + shop + 3 * math.sin(2 * math.pi * place / SEASON) + 0.02 * place, 4)


def points(days: int = 40, shops: int = 3, *, first: int = 0) -> list[Row]:
    """The rows of each shop and day."""
    return [point(shop, place) for shop in range(shops) for place in range(first, days)]


def point(shop: int, place: int, **changed: Any) -> Row:
    """One row; its holiday is every sixth day."""
    day = (FIRST + timedelta(days=place)).isoformat()
    made = {"shop": f"s{shop}", "day": day, "sold": value(shop, place), "holiday": int(place % 6 == 0)}
    return {**made, **changed}


def plan(batch: Batch, *, forecast: Mapping[str, Any] | None = None, **sections: Any) -> Plan:
    """The plan of a training on the batch's series."""
    about = {"split": SPLIT, "importance": None, **sections}
    return batch.plan(dataset=declared(**(forecast or {})), **about)


def records(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of records."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def answer(path: Path, into: Path, foretold: Callable[[dict[str, Any], int], float]) -> None:
    """Answer a file of records as DeepAR does, with quantiles half a unit below and above the median."""
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("w") as stream:
        for record in records(path):
            median = [foretold(record, step) for step in range(1, HORIZON + 1)]
            quantiles = {
                level: [number + distance for number in median]
                for level, distance in (("0.10", -0.5), ("0.5", 0.0), ("0.9", 0.5))
            }
            stream.write(json.dumps({"mean": median, "quantiles": quantiles}) + "\n")


def week_before(record: dict[str, Any], step: int) -> float:
    """The seasonal naive forecast of a record."""
    return float(record["target"][step - 1 - SEASON])


def batch_plan(batch: Batch) -> Plan:
    """The plan of a batch over the series; all its records are in one shard."""
    about = {
        "package": {"arn": "arn:package", "version": 7},
        "predicted_at": "2024-03-01T05:00:00+00:00",
        "importance": None,
        "split": None,
    }
    document = batch.document(dataset=declared(), workflow="batch", **about)
    for file in document["data"]["files"]:
        file["shard"] = "00"
    return parse_plan(document)


def published(batch: Batch, program: Path) -> Path:
    """Prepare, answer and check a batch; returns the folder of what is published."""
    planned = batch_plan(batch)
    prepare.run(planned, batch.folders(program=program))
    for path in batch.output("shards").rglob("*.jsonl"):
        answer(path, batch.folder / "scores" / f"{path.name}.out", week_before)
    given = {"keys": batch.output("keys"), "predictions": batch.folder / "scores"}
    verdict = check.run(planned, batch.folders("checked", **given))
    assert verdict.passed, verdict.reasons
    return batch.output(of="checked")


def trained(batch: Batch, days: int = 40) -> Batch:
    """The batch with series, split by the features job."""
    batch.write("a.csv", points(days), HEADER)
    features.run(plan(batch), batch.folders())
    return batch
