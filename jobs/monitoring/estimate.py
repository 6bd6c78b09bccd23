"""Estimates performance before labels are known.

Classes: confidence-based. The holdout gives the share of positives for each score (calibration). If it still
holds, each row's score gives the probability that the row is positive, and from these follow the expected
metrics. A regression: by the model of its errors that was fitted on the holdout.

The estimate cannot detect concept drift, a changed relation of inputs and label. It is compared with the
labels so far.

Source: confidence-based performance estimation and direct loss estimation as in NannyML (CBPE, DLE); Guillory
et al. (2021), Predicting with confidence on unseen distributions.
"""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import MIN_PROBABILITY, Floats, ScoredRows
from jobs.monitoring.accuracy import answer_columns, read_answers
from jobs.monitoring.estimate_classes import expected_class_metrics
from jobs.monitoring.estimate_errors import estimate_errors
from jobs.monitoring.expected_area import expected_area
from jobs.monitoring.settings import Settings
from jobs.names import SCORE
from jobs.statistics.calibration import rates

METHOD = "confidence-based"


def estimate_performance(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    performance: Mapping[str, Any],
    truth: ScoredRows,
    features: Mapping[str, str],
) -> dict[str, Any] | None:
    """The section ``estimate`` of the summary; None when the baseline has nothing to estimate by, or no rows.

    Args:
        performance: the baseline's ``performance.json``.
        truth: the labelled rows; ``error`` is the estimate for these rows minus their actual metrics.
        features: the raw columns that the model reads and callers send, with declared types.
    """
    if performance.get("errors"):
        return estimate_errors(connection, performance["errors"], features)
    calibration = performance.get("calibration")
    if not calibration:
        return None
    selected = [SCORE, *answer_columns(truth.names)]
    columns = [*connection.execute(f"SELECT {', '.join(selected)} FROM judged").fetchnumpy().values()]
    scores, answers = np.asarray(columns[0], dtype=np.float64), read_answers(columns[1:])
    if not len(scores):
        return None
    metrics = _expected(scores, answers, calibration, truth)
    error = None
    if len(truth.labels):
        known = compute_metrics(truth)
        guessed = _expected(truth.scores, truth.answers, calibration, truth)
        error = {
            name: value - known[name]
            for name, value in guessed.items()
            if np.isfinite(known.get(name, np.nan))
        }
    return {"metrics": metrics, "method": METHOD, "error": error}


def _expected(
    scores: Floats, answers: Floats | None, calibration: Mapping[str, Any], rows: ScoredRows
) -> dict[str, float]:
    if answers is None:
        return expected_metrics(scores, calibration, rows.threshold)
    return expected_class_metrics(answers, calibration["classes"], rows.names)


def expected_metrics(scores: Floats, calibration: Mapping[str, Any], threshold: float) -> dict[str, float]:
    """The expected metrics of scores, where each row is positive with its calibrated probability."""
    probability = rates(calibration, scores)
    clipped = np.clip(scores, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    selected = scores >= threshold
    hits, alarms = float(probability[selected].sum()), float((1 - probability[selected]).sum())
    missed = float(probability[~selected].sum())
    rows = len(scores)
    metrics = {
        "auc": expected_area(scores, probability),
        "accuracy": (rows - alarms - missed) / rows,
        "precision": hits / (hits + alarms) if hits + alarms else 0.0,
        "recall": hits / (hits + missed) if hits + missed else 0.0,
        "f1": 2 * hits / (2 * hits + alarms + missed) if hits + alarms + missed else 0.0,
        "log_loss": float(-(probability * np.log(clipped) + (1 - probability) * np.log1p(-clipped)).mean()),
        "brier": float((probability * (1 - scores) ** 2 + (1 - probability) * scores**2).mean()),
    }
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
