"""The expected metrics of class probabilities, when the holdout's calibration still holds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.metrics.rows import MIN_PROBABILITY, Floats
from jobs.monitoring.expected_area import expected_area
from jobs.statistics.calibration import rates


def class_probabilities(answers: Floats, calibrations: Mapping[str, Any], classes: Sequence[str]) -> Floats:
    """The calibrated probability of each class, of shape (n, k): one-vs-rest, scaled to a sum of 1.

    Args:
        answers: of shape (n, k), the model's probabilities.
        calibrations: the map of each class by name; see `jobs.statistics.calibration`.
    """
    columns = [rates(calibrations[name], answers[:, place]) for place, name in enumerate(classes)]
    probability = np.stack(columns, axis=1)
    total = probability.sum(axis=1, keepdims=True)
    # Rows that no class was ever true for keep the model's own probabilities.
    return np.where(total > 0, probability / np.where(total > 0, total, 1.0), answers)


def expected_class_metrics(
    answers: Floats, calibrations: Mapping[str, Any], classes: Sequence[str]
) -> dict[str, float]:
    """The expected metrics of answers, where each row is of a class with its calibrated probability."""
    probability = class_probabilities(answers, calibrations, classes)
    predicted = answers.argmax(axis=1)
    places = range(len(classes))
    # Of shape (k, k): expected rows by true class and predicted class.
    counted = [np.bincount(predicted, probability[:, k], len(classes)) for k in places]
    confusion = np.stack(counted).astype(np.float64)
    hits, true, selected = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    recall, precision = _ratio(hits, true), _ratio(hits, selected)
    areas = np.array([expected_area(answers[:, k], probability[:, k]) for k in places])
    clipped = np.clip(answers, MIN_PROBABILITY, 1.0)
    defined = np.isfinite(areas) & (true > 0)
    metrics = {
        "auc_macro": areas[defined].mean() if defined.any() else np.nan,
        "auc_weighted": np.average(areas[defined], weights=true[defined]) if defined.any() else np.nan,
        "accuracy": hits.sum() / len(answers),
        "balanced_accuracy": recall[true > 0].mean(),
        "f1_macro": _ratio(2 * hits, true + selected).mean(),
        "log_loss": -(probability * np.log(clipped)).sum(axis=1).mean(),
        **{f"precision:{name}": precision[k] for k, name in enumerate(classes)},
        **{f"recall:{name}": recall[k] for k, name in enumerate(classes)},
    }
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def _ratio(part: Floats, whole: Floats) -> Floats:
    """The quotients; 0 where the divisor is 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
