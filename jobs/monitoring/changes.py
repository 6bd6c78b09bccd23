"""Whether accuracy metrics are significantly worse or better than on the holdout."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jobs.listing import listed
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.accuracy import Groups
from jobs.monitoring.intervals import corrected_z, student
from mdlc_constructs.settings.payloads.tasks import BY_CLASS, higher_is_better, is_comparable, main_metric

SAME, BETTER, WORSE = "same", "better", "worse"
MIN_CLASS_ROWS = 10
"""Minimum rows of each class, groups of a ranking, and blocks of steps of a forecast's only series.

With fewer, the bootstrap does not estimate a metric's variance well enough."""


_OVER_ROWS = ("accuracy", "log_loss", "expected_calibration_error")


def changes(
    metrics: Mapping[str, Mapping[str, float]],
    holdout: Mapping[str, Mapping[str, float | None]],
    scored: ScoredRows,
    groups: Groups | None,
    alpha: float,
) -> dict[str, str]:
    """`SAME`, `BETTER` or `WORSE` for each metric that window and holdout have, and that has enough labels.

    The difference is divided by its standard deviation, which is computed from both 95 % intervals, and
    compared with Student's t distribution. Rows of different groups are assumed to be independent.

    Args:
        metrics: the window's metrics with their intervals.
        holdout: the holdout's metrics, from ``performance.json``.
        groups: the group of each labelled row; see `jobs.monitoring.accuracy.groups_of`.
        alpha: the significance level.
    """
    verdicts = {}
    units = units_of(scored, groups, holdout)
    for name, now in metrics.items():
        before: Mapping[str, Any] = holdout.get(name) or {}
        if not is_comparable(name) or before.get("value") is None or units(name) < _least(scored):
            continue
        widths = [
            estimate["high"] - estimate["low"]
            for estimate in (now, before)
            if estimate.get("high") is not None
        ]
        deviation = math.hypot(*(width / (2 * corrected_z(1)) for width in widths))
        gap = now["value"] - before["value"]
        better = (gap > 0) == higher_is_better(name)
        quantile = student(1 - alpha / 2, units(name) - 1)
        verdicts[name] = SAME if abs(gap) <= quantile * deviation else BETTER if better else WORSE
    return verdicts


def worse(changed: Mapping[str, str], task: str, labelled: int, least_rows: int) -> bool | None:
    """Whether the main metric is worse; None when unknown or with fewer labels than ``least_rows``."""
    how = changed.get(main_metric(task))
    return how == WORSE if how and labelled >= least_rows else None


def _least(scored: ScoredRows) -> int:
    """The minimum number of units: rows of each class, groups of a ranking, or blocks of one series.

    In a regression it is two rows, in a forecast two series.
    """
    counted = scored.task in ("binary", "multiclass", "ranking") or _is_one_series(scored)
    return MIN_CLASS_ROWS if counted else 2


def _is_one_series(scored: ScoredRows) -> bool:
    """Whether the rows are of one series, whose blocks are what a resample draws."""
    return scored.groups is not None and scored.blocks is not None and len(np.unique(scored.groups)) == 1


def units_of(
    scored: ScoredRows, groups: Groups | None, holdout: Mapping[str, Mapping[str, float | None]]
) -> Callable[[str], int]:
    """A function from a metric's name to the number of independent units that it is computed of.

    It is the number of groups in the smallest class; for tasks without classes and for means over all rows,
    in all rows; for a metric of one class, in the rows with that label, or of a precision with that answer.
    Of a forecast's only series it is the number of its blocks of steps. A class without rows counts, unless
    the holdout had none either: a mean over the other classes cannot be compared.
    """
    if scored.blocks is not None and _is_one_series(scored):
        groups = scored.blocks
    numbers = np.arange(len(scored.labels)) if groups is None else groups
    every = len(np.unique(numbers))
    if scored.task == "binary":
        smallest = min(len(np.unique(numbers[scored.labels == label])) for label in (0, 1))
        return lambda name: smallest
    if scored.task != "multiclass" or scored.answers is None:
        return lambda name: every
    predicted = scored.answers.argmax(axis=1)
    by_class = {
        name: len(np.unique(numbers[scored.labels == place])) for place, name in enumerate(scored.names)
    }
    by_prediction = {
        name: len(np.unique(numbers[predicted == place])) for place, name in enumerate(scored.names)
    }
    compared = [
        rows
        for name, rows in by_class.items()
        if (holdout.get(f"recall{BY_CLASS}{name}") or {"value": 0.0}).get("value") is not None
    ]

    def units(metric: str) -> int:
        base, _, name = metric.partition(BY_CLASS)
        if name:
            return (by_prediction if base == "precision" else by_class)[name]
        return every if base in _OVER_ROWS else min(compared, default=0)

    return units


def few_blocks(scored: ScoredRows) -> list[str]:
    """A note on a forecast of one series with too few blocks of steps to compare it with the holdout."""
    if scored.blocks is None or not _is_one_series(scored):
        return []
    blocks = len(np.unique(scored.blocks))
    if blocks >= MIN_CLASS_ROWS:
        return []
    return [
        f"The labels are of one series, in {blocks} blocks of steps: they are not compared with the holdout, "
        f"for which one series needs {MIN_CLASS_ROWS} blocks."
    ]


def rare_classes(scored: ScoredRows, groups: Groups | None) -> list[str]:
    """A note on classes with too few labelled rows to compare means over classes with the holdout."""
    if scored.task != "multiclass" or not len(scored.labels):
        return []
    units = units_of(scored, groups, {})
    few = [name for name in scored.names if units(f"recall{BY_CLASS}{name}") < MIN_CLASS_ROWS]
    if not few:
        return []
    return [
        f"Fewer than {MIN_CLASS_ROWS} labelled rows are of {listed(few)}: what is a mean over classes is not "
        "compared with the holdout."
    ]
