import json
from pathlib import Path
from typing import Any

import pytest

from jobs.commands import quality
from jobs.errors import PlanError
from tests.jobs.batches import Batch, rows
from tests.jobs.unlabelled import evaluated, section, trained

pytestmark = pytest.mark.slow


def findings(folder: Path, made: list[dict[str, Any]], *, label: bool = True) -> list[dict[str, Any]]:
    batch = Batch(folder)
    batch.write("rows.csv", made)
    quality.run(batch.plan(dataset=section("anomaly", label=label)), batch.folders())
    found: list[dict[str, Any]] = json.loads(batch.output("report", "report.json").read_text())["findings"]
    return found


def test_labels_that_differ_pass_and_none_are_needed(tmp_path: Path) -> None:
    some = [{**row, "y": row["y"] if number % 3 else ""} for number, row in enumerate(rows())]
    assert findings(tmp_path / "some", some) == []
    assert findings(tmp_path / "none", rows(), label=False) == []


@pytest.mark.parametrize("value", ["", 0])
def test_labels_that_tell_nothing_are_a_warning(tmp_path: Path, value: object) -> None:
    (finding,) = findings(tmp_path, [{**row, "y": value} for row in rows()])
    assert not finding["fails"]
    assert "no metric that needs labels is measured" in finding["message"]


def test_anomalies_are_judged_by_the_labels_that_there_are(tmp_path: Path) -> None:
    batch = trained(tmp_path, "anomaly", label=True)
    report = evaluated(batch, "anomaly", lambda v: v[0], label=True, gate={"at_least": {"auc": 0.55}})
    assert report["passed"]
    assert report["baseline"]["metrics"]["auc"] == 0.5
    assert report["metrics"]["challenger"]["precision@10"]["value"] > 0.3
    assert report["rows"] > 100


def test_without_labels_only_a_gate_without_conditions_passes(tmp_path: Path) -> None:
    batch = trained(tmp_path, "anomaly")
    report = evaluated(batch, "anomaly", lambda v: v[0])
    assert report["passed"]
    assert "no labels" in report["notes"][0]
    report = evaluated(batch, "anomaly", lambda v: v[0], gate={"at_least": {"auc": 0.55}})
    assert not report["passed"]


def test_a_task_that_needs_a_label_is_refused_without_one(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    batch.write("rows.csv", rows(10))
    with pytest.raises(PlanError, match="needs the column to predict"):
        batch.plan(dataset={"label": None})
