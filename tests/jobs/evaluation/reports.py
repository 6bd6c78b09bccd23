"""Reports of evaluations, as plain values, for the tests of what is made of them."""

from typing import Any

import numpy as np

from jobs.evaluation.calibration import calibration_of
from jobs.evaluation.importance import ColumnImportance, Importance
from jobs.evaluation.report import Evaluated
from jobs.gate import Check
from jobs.metrics.baselines import measure_baseline
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.segments import Segment
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.tasks import main_metric
from tests.jobs.batches import Batch

HOSTILE = "\"/><script>alert('1')</script>&<b>"
SPLIT = {
    "intervals": {
        "train": {"start": None, "end": "2024-02-01T00:00:00"},
        "validation": {"start": "2024-02-01T00:00:00", "end": "2024-03-01T00:00:00"},
        "holdout": {"start": "2024-03-01T00:00:00", "end": None},
    },
    "rows": {"train": 1000, "validation": 200, "holdout": 400, "read": 1605, "left_out": 5},
}
ALGORITHM = {
    "name": "xgboost",
    "image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
    "hyperparameters": {"num_round": "10", "objective": "binary:logistic"},
}
CHAMPION = {"version": 3, "package_arn": "arn", "model": "m", "program": None}


def plan_of(batch: Batch, **sections: Any) -> Plan:
    """A plan with everything that a report can name."""
    known = {"algorithm": ALGORITHM, "code_version": "v1.2", "training_job": "model-train-1"}
    known["artifact"] = "s3://b/training/model-train-1/output/model.tar.gz"
    return batch.plan(**{**known, **sections})


def scored_rows(task: str, rows: int, shift: float, names: tuple[str, ...]) -> ScoredRows:
    """Rows of a model that is the better, the larger the shift."""
    generator = np.random.default_rng(6)
    if not names:
        labels = (np.arange(rows) % 4 == 0).astype(np.float64)
        scores = np.clip(shift * labels + 0.5 * generator.random(rows), 0, 1)
        return ScoredRows(labels=labels, scores=scores, task=task)
    numbers = np.arange(rows) % len(names)
    answers = generator.random((rows, len(names)))
    answers[np.arange(rows), numbers] += shift
    answers /= answers.sum(axis=1, keepdims=True)
    return ScoredRows(
        labels=numbers.astype(np.float64), scores=answers.max(axis=1), task=task, answers=answers, names=names
    )


def report_of(
    plan: Plan, *, name: str = "amount", rows: int = 400, checks: bool = True, **changes: Any
) -> dict[str, Any]:
    """The report of a model that is a little better than its champion, if it has one.

    Args:
        name: of a column, and of a segment's column and value.
        changes: other fields of the evaluation.
    """
    task, names = plan.dataset.task, plan.dataset.classes or ()
    models = {
        who: scored_rows(task, rows, shift, names)
        for who, shift in (("challenger", 0.3), ("champion", 0.2))
        if who == "challenger" or plan.champion
    }
    metric = main_metric(task)
    importance = Importance(
        metric=metric,
        rows=rows,
        repeats=1,
        baseline=0.8,
        columns=(
            ColumnImportance(column=name, value=0.1234, low=0.1, high=0.15, gain=0.75),
            ColumnImportance(column="count", value=-0.00001, low=-0.001, high=0.001, gain=0.25),
            ColumnImportance(column="empty", value=None, low=None, high=None, gain=0.0),
        ),
    )
    segment = Segment(
        column=name,
        value=name,
        rows=60,
        metric=metric,
        estimate=0.6,
        low=0.5,
        high=0.7,
        against=0.8,
        worse=True,
    )
    sentence = f"{metric} 0.8000 passes: asked was at least 0.6."
    check = Check(metric=metric, kind="at_least", bound=0.6, value=0.8, passed=True, sentence=sentence)
    values: dict[str, Any] = {
        "segments": [segment],
        "calibration": calibration_of(models["challenger"]),
        "baseline": measure_baseline(models["challenger"]),
        "importance": importance,
        "split": SPLIT,
        "notes": [],
        "checks": [check] if checks else [],
        **changes,
    }
    return Evaluated(
        plan=plan,
        models=models,
        metrics={who: compute_metrics(scored) for who, scored in models.items()},
        bootstrap=bootstrap_metrics(models, resamples=20, seed=1),
        **values,
    ).to_json()
