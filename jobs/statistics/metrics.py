"""Metrics over scores and labels, for every bootstrap resample at once.

A resample of n rows is n counts (how often each row was drawn), so every metric here takes counts as
weights. With all counts at one it is the plain metric and equals scikit-learn's (tested). Rows are sorted by
score once; each resample then costs a few passes over the columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CALIBRATION_BINS = 10
_MIN_PROBABILITY = float(np.finfo(np.float64).eps)

HIGHER_IS_BETTER: Mapping[str, Mapping[str, bool]] = {
    "binary": {
        "auc": True,
        "pr_auc": True,
        "accuracy": True,
        "precision": True,
        "recall": True,
        "f1": True,
        "log_loss": False,
        "brier": False,
        "expected_calibration_error": False,
    },
    "regression": {"rmse": False, "mae": False, "r2": True},
}


@dataclass(frozen=True, kw_only=True)
class ScoredRows:
    """Labels (0 and 1, or numbers), a model's scores of the same rows, and the decision threshold."""

    labels: Floats
    scores: Floats
    task: str = "binary"
    threshold: float = 0.5

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """The rows' indices, from the highest to the lowest score."""
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def ordered_labels(self) -> Floats:
        """The labels in that order."""
        return self.labels[self.order]

    @cached_property
    def ends(self) -> npt.NDArray[np.intp]:
        """The last position in `order` of each group of equal scores."""
        ordered = self.scores[self.order]
        return np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])

    @cached_property
    def row_losses(self) -> dict[str, Floats]:
        """Each row's contribution to the metrics that are means over rows, by name."""
        if self.task == "regression":
            error = self.scores - self.labels
            return {"squared": error**2, "absolute": np.abs(error), "label": self.labels}
        clipped = np.clip(self.scores, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
        positive = self.labels == 1
        predicted = self.scores >= self.threshold
        return {
            "log_loss": -np.where(positive, np.log(clipped), np.log1p(-clipped)),
            "brier": (self.scores - self.labels) ** 2,
            "true_positive": (positive & predicted).astype(np.float64),
            "false_positive": (~positive & predicted).astype(np.float64),
            "false_negative": (positive & ~predicted).astype(np.float64),
            "true_negative": (~positive & ~predicted).astype(np.float64),
        }

    @cached_property
    def shortfall(self) -> Floats:
        """Each row's label minus its score."""
        return self.labels - self.scores

    @cached_property
    def bins(self) -> npt.NDArray[np.intp]:
        """The calibration bin of each row; the bins have equal width over the scores from 0 to 1."""
        return np.minimum((self.scores * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)


def compute_metrics(scored: ScoredRows, counts: Floats | None = None) -> dict[str, float]:
    """Every metric of the task, by name; NaN where it is not defined, such as the AUC of one class.

    Args:
        counts: the weight of each row; 1 when None.
    """
    weights = np.ones(len(scored.labels)) if counts is None else counts
    return _regression(scored, weights) if scored.task == "regression" else _binary(scored, weights)


def compute_metric(name: str, scored: ScoredRows, counts: Floats) -> float:
    """One metric; without the others for the AUC, which is the main one of a binary task."""
    return _ranking(scored, counts)[0] if name == "auc" else compute_metrics(scored, counts)[name]


def _dot(weights: Floats, column: Floats) -> float:
    """A sum of products on one thread: waiting for another core that is busy costs more than it saves."""
    return float(np.einsum("i,i->", weights, column))


def _regression(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    total = float(weights.sum())
    mean = {name: _dot(weights, column) / total for name, column in scored.row_losses.items()}
    # The mean is subtracted first: with large labels, rounding would otherwise destroy the variance.
    spread = _dot(weights, (scored.labels - mean["label"]) ** 2) / total
    return {
        "rmse": float(np.sqrt(mean["squared"])),
        "mae": mean["absolute"],
        "r2": 1 - mean["squared"] / spread if spread > 0 else float("nan"),
    }


def _binary(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    total = float(weights.sum())
    sums = {name: _dot(weights, column) for name, column in scored.row_losses.items()}
    hits, missed, alarms = sums["true_positive"], sums["false_negative"], sums["false_positive"]
    auc, pr_auc = _ranking(scored, weights)
    return {
        "auc": auc,
        "pr_auc": pr_auc,
        "accuracy": (hits + sums["true_negative"]) / total,
        "precision": hits / (hits + alarms) if hits + alarms else 0.0,
        "recall": hits / (hits + missed) if hits + missed else 0.0,
        "f1": 2 * hits / (2 * hits + alarms + missed) if hits + alarms + missed else 0.0,
        "log_loss": sums["log_loss"] / total,
        "brier": sums["brier"] / total,
        "expected_calibration_error": _calibration_error(scored, weights) / total,
    }


def _ranking(scored: ScoredRows, weights: Floats) -> tuple[float, float]:
    """The ROC AUC and the average precision, exact with ties; NaN when a class is missing."""
    drawn = weights.take(scored.order)
    selected = np.cumsum(drawn)
    drawn *= scored.ordered_labels
    hits = np.cumsum(drawn)
    if len(scored.ends) < len(drawn):
        selected, hits = selected.take(scored.ends), hits.take(scored.ends)
    total_positive, total_negative = float(hits[-1]), float(selected[-1] - hits[-1])
    if total_positive == 0 or total_negative == 0:
        return float("nan"), float("nan")
    alarms = selected - hits
    # Twice the area by the trapezoidal rule, expanded so that it takes two passes.
    twice = total_positive * total_negative + _dot(alarms[1:], hits[:-1]) - _dot(alarms[:-1], hits[1:])
    # Before the first drawn row, `selected` and `hits` are 0: avoid 0 / 0.
    np.maximum(selected, 1.0, out=selected)
    precision = np.divide(hits, selected, out=selected)
    area = _dot(precision, hits) - _dot(precision[1:], hits[:-1])
    return twice / (2 * total_positive * total_negative), area / total_positive


def _calibration_error(scored: ScoredRows, weights: Floats) -> float:
    return float(np.abs(np.bincount(scored.bins, weights * scored.shortfall, CALIBRATION_BINS)).sum())


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Metrics of each resample, by model and metric; at the same index, all models had the same rows."""

    values: Mapping[str, Mapping[str, Floats]]
    confidence: float = 0.95
    resamples: int = 0

    def interval(self, model: str, metric: str) -> tuple[float, float]:
        """The percentile interval of a metric; NaN when no resample defines it."""
        defined = self._defined(model, metric)
        if len(defined) == 0:
            return float("nan"), float("nan")
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(defined, [tail, 1 - tail])
        return float(low), float(high)

    def standard_deviation(self, model: str, metric: str) -> float:
        """The standard deviation of a metric over the resamples."""
        defined = self._defined(model, metric)
        return float(np.std(defined, ddof=1)) if len(defined) > 1 else float("nan")

    def _defined(self, model: str, metric: str) -> Floats:
        """The metric's values without NaN: a resample of a single class has no AUC."""
        values = self.values[model][metric]
        return values[~np.isnan(values)]


def bootstrap_metrics(
    models: Mapping[str, ScoredRows],
    *,
    resamples: int,
    seed: int,
    confidence: float = 0.95,
    groups: npt.NDArray[np.int_] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Bootstrap:
    """Resample the rows, the same way for every model, so that their differences are paired.

    Args:
        models: the models' scored rows, by name; all must have the same rows in the same order.
        groups: the group number of each row, from 0. The rows of a group are drawn together, as they are
            not independent. Each row is its own group when None.
        progress: called with the number of each finished resample.
    """
    generator = np.random.default_rng(seed)
    rows = len(next(iter(models.values())).labels)
    units = rows if groups is None else int(groups.max()) + 1
    drawn: dict[str, dict[str, list[float]]] = {name: {} for name in models}
    for number in range(resamples):
        counts = np.bincount(generator.integers(0, units, units), minlength=units).astype(np.float64)
        if groups is not None:
            counts = counts[groups]
        for name, scored in models.items():
            for metric, value in compute_metrics(scored, counts).items():
                drawn[name].setdefault(metric, []).append(value)
        if progress:
            progress(number + 1)
    return Bootstrap(
        values={
            name: {metric: np.asarray(values) for metric, values in metrics.items()}
            for name, metrics in drawn.items()
        },
        confidence=confidence,
        resamples=resamples,
    )


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The points of the charts, thinned to what can be seen: each curve is a tuple of coordinate arrays."""

    roc: tuple[Floats, Floats]
    precision_recall: tuple[Floats, Floats]
    calibration: tuple[Floats, Floats, Floats]
    confusion: Mapping[str, int] = field(default_factory=dict)

    def to_registry(self) -> dict[str, Any]:
        """The curves in the format of SageMaker Model Registry's model quality metrics."""
        false_positive, true_positive = self.roc
        recall, precision = self.precision_recall
        counts = self.confusion
        return {
            "confusion_matrix": {
                "0": {"0": counts["true_negative"], "1": counts["false_positive"]},
                "1": {"0": counts["false_negative"], "1": counts["true_positive"]},
            },
            "receiver_operating_characteristic_curve": {
                "false_positive_rates": [round(float(v), 6) for v in false_positive],
                "true_positive_rates": [round(float(v), 6) for v in true_positive],
            },
            "precision_recall_curve": {
                "precisions": [round(float(v), 6) for v in precision],
                "recalls": [round(float(v), 6) for v in recall],
            },
        }


def curves(scored: ScoredRows, points: int = 200) -> Curves:
    """The curves of a binary model, each thinned to about ``points`` points."""
    hits = np.cumsum(scored.ordered_labels)[scored.ends]
    selected = scored.ends + 1.0
    kept = np.unique(np.linspace(0, len(hits) - 1, points).astype(np.intp))
    true_positive = np.r_[0.0, (hits / max(hits[-1], 1))[kept]]
    alarms = selected - hits
    false_positive = np.r_[0.0, (alarms / max(alarms[-1], 1))[kept]]
    precision = (hits / selected)[kept]
    size = np.bincount(scored.bins, minlength=CALIBRATION_BINS).astype(np.float64)
    held = size > 0
    expected = np.bincount(scored.bins, scored.scores, CALIBRATION_BINS)[held] / size[held]
    happened = np.bincount(scored.bins, scored.labels, CALIBRATION_BINS)[held] / size[held]
    names = ("true_positive", "false_positive", "false_negative", "true_negative")
    return Curves(
        roc=(false_positive, true_positive),
        precision_recall=((hits / max(hits[-1], 1))[kept], precision),
        calibration=(expected, happened, size[held]),
        confusion={name: int(scored.row_losses[name].sum()) for name in names},
    )
