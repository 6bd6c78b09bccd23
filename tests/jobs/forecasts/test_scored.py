import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from jobs.commands import evaluate, features
from jobs.errors import InputError
from jobs.folders import Folders
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.batches import Batch
from tests.jobs.forecasts.lines import (
    HEADER,
    HORIZON,
    ORIGINS,
    answer,
    plan,
    point,
    points,
    trained,
    week_before,
)

pytestmark = pytest.mark.slow


def evaluated(batch: Batch, **sections: Any) -> tuple[Verdict, Path]:
    folders = Folders(
        input_base=batch.folder / "nothing",
        output_base=batch.folder / "evaluated",
        inputs={
            "holdout_keys": batch.output("split", "holdout_keys"),
            "predictions": batch.folder / "predictions",
            "trained_on": batch.output("split", "baseline"),
            "manifest": batch.output("split", "manifest.json"),
        },
    )
    return evaluate.run(plan(batch, **sections), folders), batch.folder / "evaluated"


def foretell(batch: Batch, who: str = "challenger", *, better: float = 0.0) -> None:
    """Answer the holdout with last week's values, and some share of the growth since then."""
    into = batch.folder / "predictions" / who / "holdout.jsonl.out"
    records = batch.output("split", "holdout", "holdout.jsonl")
    answer(records, into, lambda record, step: week_before(record, step) + better * 0.14)


def test_the_metrics_are_those_of_the_written_out_formulas(batch: Batch) -> None:
    trained(batch)
    foretell(batch, better=0.5)
    verdict, folder = evaluated(batch, gate={"at_most": {"mase": 0.6}, "at_least": {"coverage": 1.0}})
    assert verdict.passed and verdict.rows == 3 * ORIGINS * HORIZON
    report = json.loads((folder / "evaluation" / "report.json").read_text())
    keys = (
        duckdb.connect()
        .execute(f"FROM '{batch.output('split', 'holdout_keys', 'keys.parquet')}' ORDER BY row")
        .df()
    )
    labels, naive, scale = (keys[name].to_numpy() for name in ("label", "naive", "scale"))
    quantiles = naive[:, None] + 0.07 + np.array([-0.5, 0.0, 0.5])
    missed = labels[:, None] - quantiles
    levels = np.array([0.1, 0.5, 0.9])
    loss = np.maximum(levels * missed, (levels - 1) * missed)
    metrics = report["metrics"]["challenger"]
    assert metrics["wql"]["value"] == pytest.approx(
        float(np.mean(2 * loss.sum(axis=0) / np.abs(labels).sum())), rel=1e-9
    )
    assert metrics["mase"]["value"] == pytest.approx(float((np.abs(missed[:, 1]) / scale).mean()), rel=1e-9)
    assert metrics["coverage"]["value"] == 1.0
    assert metrics["wql"]["low"] <= metrics["wql"]["value"] <= metrics["wql"]["high"]
    assert [step["step"] for step in report["steps"]] == [1, 2, 3]
    first = np.abs(missed[:, 1])[keys["step"] == 1].mean()
    assert report["steps"][0]["mae"] == pytest.approx(float(first), rel=1e-9)
    assert (folder / "evaluation" / "evaluation.png").read_bytes().startswith(b"\x89PNG")
    registry = json.loads((folder / "evaluation" / "metrics.json").read_text())
    assert registry["regression_metrics"]["wql"]["value"] == pytest.approx(metrics["wql"]["value"])
    statistics = json.loads((folder / "baseline" / "statistics.json").read_text())
    assert {feature["name"] for feature in statistics["features"]} >= {"sold", "holiday", "score"}


def test_the_champion_is_compared_on_the_same_steps(batch: Batch) -> None:
    trained(batch)
    foretell(batch, better=1.0)
    foretell(batch, "champion")
    program = json.loads((batch.output("program") / "program.json").read_text())
    champion = {"version": 1, "package_arn": "arn", "model": "m", "program": program}
    gate = {"better_than_champion": "mae", "at_least": {}, "at_most": {}}
    verdict, folder = evaluated(batch, champion=champion, gate=gate)
    assert verdict.passed, verdict.reasons
    report = json.loads((folder / "evaluation" / "report.json").read_text())
    assert report["metrics"]["champion"]["mae"]["value"] == pytest.approx(0.14, abs=0.01)


def test_steps_without_a_value_are_answered_but_not_judged(batch: Batch) -> None:
    made = [point(0, place, sold="") if place == 38 else point(0, place) for place in range(40)]
    batch.write("a.csv", [*made, *points(40, 2)[40:]], HEADER)
    features.run(plan(batch), batch.folders())
    foretell(batch)
    verdict, _ = evaluated(batch)
    assert verdict.rows == 2 * ORIGINS * HORIZON - 1


def test_answers_to_another_number_of_records_stop_the_job(batch: Batch) -> None:
    trained(batch)
    foretell(batch)
    path = batch.folder / "predictions" / "challenger" / "holdout.jsonl.out"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match="challenger's answers: 5 lines for 6 series and origins"):
        evaluated(batch)


def test_a_champion_of_other_steps_is_not_compared(batch: Batch) -> None:
    trained(batch)
    foretell(batch)
    foretell(batch, "champion")
    path = batch.folder / "predictions" / "champion" / "holdout.jsonl.out"
    path.write_text(path.read_text().replace('"0.9"', '"0.95"'))
    program = json.loads((batch.output("program") / "program.json").read_text())
    champion = {"version": 1, "package_arn": "arn", "model": "m", "program": program}
    gate = {"better_than_champion": "wql", "at_least": {}, "at_most": {}}
    verdict, _ = evaluated(batch, champion=champion, gate=gate)
    (reason,) = verdict.reasons
    assert "wql is not compared, as the champion answers other steps or quantile levels" in reason
