"""The trials of a tuning, the best of them, and why none is. Pure functions of what the handler looked up."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.tuning import ExplainedFailure, Trial, Trials, TrialsRequest, Tuned

MAX_AUDIT_CHARACTERS = 100_000
"""The most characters of the trials in the audit: an item of DynamoDB has at most 400 KB, and a variable of
Step Functions at most 256 KiB."""
_MAX_REASON_CHARACTERS = 600
COMPLETED, STOPPED = "Completed", "Stopped"


class TrialsFailed(Exception):
    """No trial has a model. The class's name is the error's name in Step Functions."""


def trial(summary: Mapping[str, Any], tuning_job: str) -> Trial:
    """A trial of an answer of ListTrainingJobsForHyperParameterTuningJob."""
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
    value = metric.get("Value")
    return Trial(
        name=summary["TrainingJobName"],
        tuning_job=tuning_job,
        status=summary["TrainingJobStatus"],
        hyperparameters={str(k): str(v) for k, v in summary.get("TunedHyperParameters", {}).items()},
        value=float(value) if value is not None and math.isfinite(value) else None,
        started=_moment(summary.get("TrainingStartTime") or summary.get("CreationTime")),
        ended=_moment(summary.get("TrainingEndTime")),
        reason=" ".join(str(summary.get("FailureReason", "")).split())[:_MAX_REASON_CHARACTERS],
    )


def _moment(value: datetime | None) -> str:
    return value.isoformat() if value is not None else ""


def collected(
    request: TrialsRequest,
    described: Mapping[str, Any],
    every: Sequence[Trial],
    without: Collection[str] = (),
) -> Trials:
    """What is known of a tuning that has ended.

    Args:
        described: the answer of DescribeHyperParameterTuningJob about the last tuning job.
        every: all trials of all tuning jobs of this work.
        without: names of stopped trials that left no artifact.

    Raises:
        TrialsFailed: when no trial has a model.
    """
    config = described["HyperParameterTuningJobConfig"]
    objective = config["HyperParameterTuningJobObjective"]
    trials = sorted(every, key=lambda trial: (trial.started, trial.name))
    best = best_of([each for each in trials if each.name not in without], objective["Type"])
    if best is None:
        raise TrialsFailed(sentence(request.jobs[-1], trials))
    static = described["TrainingJobDefinition"].get("StaticHyperParameters", {})
    # SageMaker adds _tuning_objective_metric, and the toolkit of framework images reads sagemaker_*.
    known = {name: value for name, value in static.items() if not name.startswith(("_", "sagemaker_"))}
    return Trials(
        best=best.name,
        metric=objective["MetricName"],
        direction=objective["Type"],
        strategy=config["Strategy"],
        hyperparameters=known,
        ranges=config.get("ParameterRanges", {}),
        trials=tuple(trials),
        tuned=Tuned(
            job=best.name,
            hyperparameters=json.dumps({**known, **best.hyperparameters}, sort_keys=True),
            metric=objective["MetricName"],
            value=repr(best.value),
            number=len(trials),
            trials=for_audit(trials),
            uri=request.trials,
        ),
    )


def best_of(trials: Sequence[Trial], direction: str) -> Trial | None:
    """The trial with the best metric, of equal ones a completed one, the earliest; None when there is none.

    A stopped trial counts: Hyperband stops every trial that reaches its `MaxResource`. Source:
    `HyperbandStrategyConfig` in SageMaker's API reference.
    """
    sign = -1.0 if direction == "Maximize" else 1.0
    return min(
        (each for each in trials if may_have_model(each)),
        key=lambda each: (sign * (each.value or 0.0), each.status != COMPLETED),
        default=None,
    )


def may_have_model(trial: Trial) -> bool:
    """Whether a trial has a final metric and, if it was not stopped before it wrote one, an artifact."""
    return trial.status in (COMPLETED, STOPPED) and trial.value is not None


def for_audit(trials: Sequence[Trial]) -> str:
    """Each trial's parameters and metric as JSON; empty when it is too long for the audit."""
    rows = [
        {
            "job": each.name,
            "status": each.status,
            "value": each.value,
            "hyperparameters": each.hyperparameters,
        }
        for each in trials
    ]
    text = json.dumps(rows, separators=(",", ":"))
    return text if len(text) <= MAX_AUDIT_CHARACTERS else ""


def sentence(tuning_job: str, trials: Sequence[Trial]) -> str:
    """Why a tuning has no model."""
    failed = [each for each in trials if each.status == "Failed"]
    if not trials:
        return f"The tuning job {tuning_job} started no trial."
    if not failed:
        return (
            f"None of the {len(trials)} trials of the tuning job {tuning_job} has a model and a value of the "
            "objective metric."
        )
    first = failed[0]
    reason = first.reason.rstrip(". ") or "it gave no reason"
    return f"{len(failed)} of {len(trials)} trials of {tuning_job} failed, the first, {first.name}: {reason}."


def explained(request: TrialsRequest, trials: Sequence[Trial]) -> ExplainedFailure:
    """The failure of a tuning job in a sentence; the caught error when its trials do not say more."""
    if any(each.status == "Failed" for each in trials) and without_model(trials):
        return ExplainedFailure(error=TrialsFailed.__name__, cause=sentence(request.jobs[-1], trials))
    return ExplainedFailure(error=request.error, cause=request.cause)


def without_model(trials: Sequence[Trial]) -> bool:
    """Whether no trial has a model."""
    return not any(may_have_model(each) for each in trials)


def as_json(trials: Trials) -> bytes:
    """The content of `trials.json`."""
    return json.dumps(encode(trials), indent=1).encode()
