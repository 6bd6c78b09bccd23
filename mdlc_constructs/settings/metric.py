"""The metrics that the evaluation computes: the task of each, and whether higher values are better."""

from collections.abc import Mapping
from dataclasses import dataclass

from mdlc_constructs.settings.refusal import refusal, unknown


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric. Its values are between ``lowest`` and ``highest``; None for no bound."""

    name: str
    task: str
    higher_is_better: bool
    lowest: float | None = 0.0
    highest: float | None = 1.0


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(name="auc", task="binary", higher_is_better=True),
        Metric(name="pr_auc", task="binary", higher_is_better=True),
        Metric(name="accuracy", task="binary", higher_is_better=True),
        Metric(name="precision", task="binary", higher_is_better=True),
        Metric(name="recall", task="binary", higher_is_better=True),
        Metric(name="f1", task="binary", higher_is_better=True),
        Metric(name="log_loss", task="binary", higher_is_better=False, highest=None),
        Metric(name="brier", task="binary", higher_is_better=False),
        Metric(name="expected_calibration_error", task="binary", higher_is_better=False),
        Metric(name="rmse", task="regression", higher_is_better=False, highest=None),
        Metric(name="mae", task="regression", higher_is_better=False, highest=None),
        Metric(name="r2", task="regression", higher_is_better=True, lowest=None),
    )
}


def metric(argument: str, name: str) -> Metric:
    """The metric of that name.

    Raises:
        ValueError: when there is none; with a suggestion.
    """
    if name not in METRICS:
        raise unknown(argument, name, METRICS, what="metric")
    return METRICS[name]


def check_metric_task(argument: str, name: str, task: str) -> None:
    """Refuse a metric that is not computed for the dataset's task.

    Raises:
        ValueError: naming the metric and the task's metrics.
    """
    known = metric(argument, name)
    if known.task != task:
        computed = ", ".join(computable.name for computable in METRICS.values() if computable.task == task)
        raise refusal(
            argument,
            name,
            f"is a metric of {known.task} tasks and dataset.task is {task!r}; give one of {computed}.",
        )
