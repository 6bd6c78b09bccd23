import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.commands import monitor
from jobs.folders import Folders
from jobs.plan import parse_plan
from tests.jobs.batches import Batch, Row
from tests.jobs.forecasts.lines import (
    HEADER,
    HORIZON,
    SEASON,
    answer,
    declared,
    point,
    points,
    published,
    trained,
    value,
    week_before,
)
from tests.jobs.forecasts.test_scored import evaluated
from tests.jobs.monitoring.windows import RULES

pytestmark = pytest.mark.slow

AHEAD = [point(shop, place, sold="") for shop in range(3) for place in (40, 41, 42)]


def monitored(tmp_path: Path, came: list[Row], *, level: float = 0.0) -> dict[str, Any]:
    """The summary of a window with one published batch, by the labels that came."""
    training = trained(Batch(tmp_path / "training"))
    into = training.folder / "predictions" / "challenger" / "holdout.jsonl.out"
    answer(training.output("split", "holdout", "holdout.jsonl"), into, week_before)
    evaluated(training)
    batch = Batch(tmp_path / "batch")
    history = [{**row, "sold": float(row["sold"]) + level} for row in points(40)]
    batch.write("raw.csv", [*history, *AHEAD], HEADER)
    parts = published(batch, training.output("program"))
    labels = Batch(tmp_path / "labels")
    labels.write("came.csv", came, HEADER)
    window = {"start": "2024-03-01T00:00:00Z", "end": "2024-03-02T00:00:00Z"}
    files = sorted(path.name for path in (parts / "parts").glob("*.parquet"))
    entry = {
        "run": "aa",
        "package_version": 7,
        "predicted_at": "2024-03-01T05:00:00+00:00",
        "parts": files,
        "raw": ["raw.csv"],
    }
    document = labels.document(
        workflow="monitoring",
        dataset=declared(),
        package={"arn": "arn", "version": 7, "run": "0123456789abcdef"},
        monitor={
            "rules": {**RULES, "kind": "batch", "least_rows": 5},
            "id": "w",
            "window": window,
            "captured": files,
            "published": [entry],
            "labels": {"by": "entity_and_time", "format": "csv"},
        },
        split=None,
        gate=None,
        evaluation=None,
        importance=None,
    )
    folders = Folders(
        input_base=tmp_path / "nothing",
        output_base=tmp_path / "out",
        inputs={
            "captured": parts / "parts",
            "raw": batch.data,
            "program": training.output("program"),
            "baseline": training.folder / "evaluated" / "baseline",
            "labels": labels.data,
        },
    )
    monitor.run(parse_plan(document), folders)
    summary: dict[str, Any] = json.loads((tmp_path / "out" / "monitoring" / "summary.json").read_text())
    return summary


def test_what_came_is_compared_with_what_was_foretold(tmp_path: Path) -> None:
    summary = monitored(tmp_path, points(43, first=40))
    assert (summary["rows"], summary["unreadable"]) == (3 * HORIZON, 0)
    assert summary["accuracy"]["labelled"] == 3 * HORIZON
    errors, scales = [], []
    for shop in range(3):
        past = [abs(value(shop, at) - value(shop, at - SEASON)) for at in range(SEASON, 40)]
        for place in (40, 41, 42):
            errors.append(abs(value(shop, place) - value(shop, place - SEASON)))
            scales.append(sum(past) / len(past))
    metrics = summary["accuracy"]["metrics"]
    assert metrics["mae"]["value"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert metrics["mase"]["value"] == pytest.approx(np.mean(np.array(errors) / np.array(scales)), rel=1e-5)
    assert metrics["coverage"]["value"] == 1.0
    assert set(summary["drift"]["columns"]) >= {"sold", "holiday"}
    assert "sold" not in summary["columns"]


def test_a_history_on_another_level_is_drift_of_the_target(tmp_path: Path) -> None:
    summary = monitored(tmp_path, points(41, first=40), level=40.0)
    assert "sold" in summary["columns"]
    assert summary["drift"]["prediction"]["verdict"] == "drift"
    assert summary["accuracy"]["labelled"] == 3
