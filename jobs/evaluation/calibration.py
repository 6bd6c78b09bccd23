"""How well scores are probabilities: a reliability diagram, and its slope in log odds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from jobs.metrics.rows import Floats, ScoredRows
from jobs.monitoring.intervals import wilson

BINS = 10
MIN_ROWS = 50  # of a bin, so that its rate is accurate enough
CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_MIN_PROBABILITY = 1e-6
_MAX_SLOPE = 1e3


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Rows of similar scores: their mean score, and the rate of positives with its interval (Wilson's)."""

    score: float
    rate: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The calibration of a binary model on the holdout.

    Args:
        bins: of about equal numbers of rows, by increasing score.
        slope: the slope of a logistic regression of the label on the score's log odds: ``value``, ``low``,
            ``high``. A calibrated model has 1; below 1, the scores are too extreme. None when it is not
            defined, such as with one score for all rows.
        intercept: the same regression's intercept; 0 for a calibrated model.
    """

    bins: tuple[ReliabilityBin, ...]
    slope: Mapping[str, float] | None
    intercept: Mapping[str, float] | None

    def to_json(self) -> dict[str, Any]:
        """The calibration for ``report.json``."""
        return asdict(self)


def calibration_of(scored: ScoredRows) -> Calibration | dict[str, Calibration] | None:
    """The calibration of a binary model, or of each class against the rest; None in other tasks."""
    if scored.task == "binary":
        return measure_calibration(scored.scores, scored.labels)
    if scored.task != "multiclass" or scored.answers is None:
        return None
    return {
        name: measure_calibration(scored.answers[:, number], (scored.labels == number).astype(np.float64))
        for number, name in enumerate(scored.names)
    }


def measure_calibration(scores: Floats, labels: Floats) -> Calibration:
    """The calibration of scores from 0 to 1 against labels of 0 and 1."""
    slope, intercept = _regression(scores, labels) or (None, None)
    return Calibration(bins=tuple(_reliability(scores, labels)), slope=slope, intercept=intercept)


def _reliability(scores: Floats, labels: Floats) -> list[ReliabilityBin]:
    bins = max(1, min(BINS, len(scores) // MIN_ROWS))
    cuts = np.unique(np.quantile(scores, np.arange(1, bins) / bins, method="higher"))
    places = np.searchsorted(cuts, scores, side="right")
    counted = zip(
        *(np.bincount(places, weights, len(cuts) + 1).tolist() for weights in (None, labels, scores)),
        strict=True,
    )
    reliability = []
    for rows, hits, total in counted:
        if rows:
            low, high = wilson(hits, rows, _Z)
            reliability.append(
                ReliabilityBin(score=total / rows, rate=hits / rows, low=low, high=high, rows=int(rows))
            )
    return reliability


def _regression(scores: Floats, labels: Floats) -> tuple[dict[str, float], dict[str, float]] | None:
    """Slope and intercept of the label on the log odds, by Newton's method; None when they are not defined.

    Source: Cox (1958), Two further applications of a model for binary regression.
    """
    clipped = np.clip(scores, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    design = np.column_stack([np.log(clipped / (1 - clipped)), np.ones(len(scores))])
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        rates = 1 / (1 + np.exp(-np.clip(design @ weights, -500, 500)))
        information = design.T @ (design * (rates * (1 - rates))[:, None])
        # Singular: all scores are equal, or they separate the classes.
        if not np.all(np.isfinite(information)) or np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, design.T @ (labels - rates))
        weights = weights + step
        if abs(float(weights[0])) > _MAX_SLOPE:
            return None
        if float(np.abs(step).max()) < 1e-8:
            half = _Z * np.sqrt(np.diag(np.linalg.inv(information)))
            slope, intercept = map(_with_interval, weights.tolist(), half.tolist())
            return slope, intercept
    return None


def _with_interval(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}
