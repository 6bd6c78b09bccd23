"""The metrics of a forecast: each row is one step of one series, forecast from one origin.

Sources: Hyndman and Koehler (2006), Another look at measures of forecast accuracy, for MASE; the weighted
quantile loss is that of Amazon Forecast and of SageMaker's DeepAR.
"""

from typing import cast

import numpy as np
import numpy.typing as npt

from jobs.metrics.rows import Floats, ScoredRows, dot

_NAN = float("nan")


def compute_forecast(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of a forecast, by name.

    The weighted quantile loss is twice the quantile losses' sum over the sum of absolute labels, averaged
    over the levels; it is not defined when all labels are 0. MASE leaves out series whose seasonal naive
    forecast made no error in training. Coverage is the share of labels between the lowest and the highest
    quantile, and its error the distance from what the two levels promise; with one level they are not
    defined.
    """
    rows, total = _rows(scored), float(weights.sum())
    size = dot(weights, rows["size"])
    scaled_weight = dot(weights, rows["has_scale"])
    coverage = dot(weights, rows["inside"]) / total if len(scored.names) > 1 else _NAN
    return {
        "rmse": float(np.sqrt(dot(weights, rows["squared"]) / total)),
        "mae": dot(weights, rows["absolute"]) / total,
        "wql": 2 * dot(weights, rows["quantile_loss"]) / size if size > 0 else _NAN,
        "mase": dot(weights, rows["scaled"]) / scaled_weight if scaled_weight > 0 else _NAN,
        "coverage": coverage,
        "coverage_error": abs(coverage - nominal_coverage(scored.names)),
    }


def nominal_coverage(names: tuple[str, ...]) -> float:
    """The share of labels that the interval from the lowest to the highest quantile level promises."""
    return float(names[-1]) - float(names[0]) if len(names) > 1 else _NAN


def quantile_losses(scored: ScoredRows) -> Floats:
    """The quantile loss (pinball loss) of each row and level, of shape (n, k)."""
    answers, levels = cast("Floats", scored.answers), np.array([float(name) for name in scored.names])
    missing = scored.labels[:, None] - answers
    return np.maximum(levels * missing, (levels - 1) * missing)


def horizon_blocks(
    groups: npt.NDArray[np.int_], origins: npt.NDArray[np.int_], steps: npt.NDArray[np.int_]
) -> npt.NDArray[np.int_]:
    """The block of each row: neighbouring steps of one series and origin, as many as the root of the horizon.

    Errors of neighbouring steps depend on each other, so a resample draws them together.

    Args:
        steps: from 1, the place of the row in the horizon.
    """
    length = int(np.ceil(np.sqrt(steps.max())))
    places = np.stack([groups, origins, (steps - 1) // length], axis=1)
    return np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)


def _rows(scored: ScoredRows) -> dict[str, Floats]:
    """What each row adds to the sums."""
    if "forecast" not in scored.memo:
        answers = cast("Floats", scored.answers)
        error = np.abs(scored.scores - scored.labels)
        scale = np.full(len(scored), _NAN) if scored.scale is None else scored.scale
        # A scale of 0 is of a constant series, NaN of one that is too short.
        scaled = scale > 0
        inside = (scored.labels >= answers[:, 0]) & (scored.labels <= answers[:, -1])
        scored.memo["forecast"] = {
            "squared": error**2,
            "absolute": error,
            "size": np.abs(scored.labels),
            "quantile_loss": quantile_losses(scored).mean(axis=1),
            "has_scale": scaled.astype(np.float64),
            "scaled": np.divide(error, scale, out=np.zeros(len(scored)), where=scaled),
            "inside": inside.astype(np.float64),
        }
    return cast("dict[str, Floats]", scored.memo["forecast"])
