"""The metrics of every task, from the same rows."""

from collections.abc import Callable, Mapping

import numpy as np

from jobs.metrics.binary import compute_binary, rank_metrics
from jobs.metrics.regression import compute_regression
from jobs.metrics.rows import Floats, ScoredRows

_BY_TASK: Mapping[str, Callable[[ScoredRows, Floats], dict[str, float]]] = {
    "binary": compute_binary,
    "regression": compute_regression,
}


def compute_metrics(scored: ScoredRows, counts: Floats | None = None) -> dict[str, float]:
    """Every metric of the task, by name; NaN where it is not defined, such as the AUC of one class.

    Args:
        counts: how often each row was drawn; once when None. They are multiplied with the rows' weights.
    """
    weights = _weights(scored, np.ones(len(scored)) if counts is None else counts)
    if scored.weights is not None and not weights.any():
        # A resample may have drawn rows of no weight only.
        return dict.fromkeys(_BY_TASK[scored.task](scored, np.ones(len(scored))), float("nan"))
    return _BY_TASK[scored.task](scored, weights)


def _weights(scored: ScoredRows, counts: Floats) -> Floats:
    return counts if scored.weights is None else counts * scored.weights


def compute_metric(name: str, scored: ScoredRows, counts: Floats) -> float:
    """One metric; without the others for the AUC, which is the main one of a binary task."""
    return (
        rank_metrics(scored, _weights(scored, counts))[0]
        if scored.task == "binary" and name == "auc"
        else compute_metrics(scored, counts)[name]
    )
