"""Estimates performance before labels are known, from the scores alone (confidence-based).

The holdout gives the share of positives for each score (calibration). If it still holds, each row's score
gives the probability that the row is positive, and from these follow the expected metrics. The estimate
cannot detect concept drift, a changed relation of inputs and label. It is compared with the labels so far.

Source: confidence-based performance estimation as in NannyML (CBPE); Guillory et al. (2021), Predicting with
confidence on unseen distributions.
"""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import Floats, ScoredRows
from jobs.monitoring.settings import Settings
from jobs.names import SCORE
from jobs.statistics.calibration import rates

METHOD = "confidence-based"
_MIN_PROBABILITY = float(np.finfo(np.float64).eps)


def estimate_performance(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    calibration: Mapping[str, Any] | None,
    truth: ScoredRows,
) -> dict[str, Any] | None:
    """The section ``estimate`` of the summary; None without calibration or rows.

    Args:
        calibration: the map from score to share of positives in ``performance.json``.
        truth: the labelled rows; ``error`` is the estimate for these rows minus their actual metrics.
    """
    if not calibration or not calibration.get("rates"):
        return None
    (scores,) = connection.execute(f"SELECT {SCORE} FROM judged").fetchnumpy().values()
    if not len(scores):
        return None
    metrics = expected_metrics(np.asarray(scores, dtype=np.float64), calibration, settings.threshold)
    error = None
    if len(truth.labels):
        known = compute_metrics(truth)
        guessed = expected_metrics(truth.scores, calibration, settings.threshold)
        error = {name: value - known[name] for name, value in guessed.items() if np.isfinite(known[name])}
    return {"metrics": metrics, "method": METHOD, "error": error}


def expected_metrics(scores: Floats, calibration: Mapping[str, Any], threshold: float) -> dict[str, float]:
    """The expected metrics of scores, where each row is positive with its calibrated probability."""
    probability = rates(calibration, scores)
    clipped = np.clip(scores, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    selected = scores >= threshold
    hits, alarms = float(probability[selected].sum()), float((1 - probability[selected]).sum())
    missed = float(probability[~selected].sum())
    rows = len(scores)
    metrics = {
        "auc": _area(scores, probability),
        "accuracy": (rows - alarms - missed) / rows,
        "precision": hits / (hits + alarms) if hits + alarms else 0.0,
        "recall": hits / (hits + missed) if hits + missed else 0.0,
        "f1": 2 * hits / (2 * hits + alarms + missed) if hits + alarms + missed else 0.0,
        "log_loss": float(-(probability * np.log(clipped) + (1 - probability) * np.log1p(-clipped)).mean()),
        "brier": float((probability * (1 - scores) ** 2 + (1 - probability) * scores**2).mean()),
    }
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def _area(scores: Floats, probability: Floats) -> float:
    """The AUC where each row is a positive with weight ``probability`` and a negative with the remainder."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    hits = np.r_[0.0, np.cumsum(probability[order])[ends]]
    alarms = np.r_[0.0, np.cumsum(1 - probability[order])[ends]]
    if not hits[-1] or not alarms[-1]:
        return float("nan")
    area = float((np.diff(alarms) * (hits[1:] + hits[:-1])).sum()) / 2
    return area / float(hits[-1] * alarms[-1])
