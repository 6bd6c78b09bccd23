"""The metrics of every task, from the same rows."""

from collections.abc import Callable, Mapping

import numpy as np

from jobs.metrics.anomaly import compute_anomaly
from jobs.metrics.binary import compute_binary, roc_auc
from jobs.metrics.cluster import compute_cluster
from jobs.metrics.embedding import compute_embedding
from jobs.metrics.forecast import compute_forecast
from jobs.metrics.multiclass import compute_multiclass, macro_auc
from jobs.metrics.ranking import compute_ranking
from jobs.metrics.regression import compute_regression
from jobs.metrics.rows import Floats, ScoredRows

_BY_TASK: Mapping[str, Callable[[ScoredRows, Floats], dict[str, float]]] = {
    "binary": compute_binary,
    "regression": compute_regression,
    "multiclass": compute_multiclass,
    "ranking": compute_ranking,
    "forecast": compute_forecast,
    "cluster": compute_cluster,
    "anomaly": compute_anomaly,
    "embedding": compute_embedding,
}
_ALONE: Mapping[tuple[str, str], Callable[[ScoredRows, Floats], float]] = {
    ("binary", "auc"): roc_auc,
    ("multiclass", "auc_macro"): macro_auc,
}
"""Metrics that take much less time without the others, by task and name."""


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
    """One metric; without the others where that takes much less time."""
    alone = _ALONE.get((scored.task, name))
    return compute_metrics(scored, counts)[name] if alone is None else alone(scored, _weights(scored, counts))
