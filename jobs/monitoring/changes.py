"""Whether accuracy metrics are significantly worse or better than on the holdout."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.metrics.rows import ScoredRows
from jobs.monitoring.accuracy import Groups
from jobs.monitoring.intervals import corrected_z, student
from mdlc_constructs.settings.payloads.tasks import higher_is_better, main_metric

SAME, BETTER, WORSE = "same", "better", "worse"
MIN_CLASS_ROWS = 10
"""Minimum rows of each class; with fewer, the bootstrap does not estimate a metric's variance well enough."""


def changes(
    metrics: Mapping[str, Mapping[str, float]],
    holdout: Mapping[str, Mapping[str, float | None]],
    scored: ScoredRows,
    groups: Groups | None,
    alpha: float,
) -> dict[str, str]:
    """`SAME`, `BETTER` or `WORSE` for each metric that window and holdout have; empty with too few labels.

    The difference is divided by its standard deviation, which is computed from both 95 % intervals, and
    compared with Student's t distribution. Rows of different groups are assumed to be independent.

    Args:
        metrics: the window's metrics with their intervals.
        holdout: the holdout's metrics, from ``performance.json``.
        groups: the group of each labelled row; see `jobs.monitoring.accuracy.groups_of`.
        alpha: the significance level.
    """
    units = _units(scored, groups)
    if units < (MIN_CLASS_ROWS if scored.task == "binary" else 2):
        return {}
    quantile = student(1 - alpha / 2, units - 1)
    verdicts = {}
    for name, now in metrics.items():
        before: Mapping[str, Any] = holdout.get(name) or {}
        if before.get("value") is None:
            continue
        widths = [
            estimate["high"] - estimate["low"]
            for estimate in (now, before)
            if estimate.get("high") is not None
        ]
        deviation = math.hypot(*(width / (2 * corrected_z(1)) for width in widths))
        gap = now["value"] - before["value"]
        better = (gap > 0) == higher_is_better(name)
        verdicts[name] = SAME if abs(gap) <= quantile * deviation else BETTER if better else WORSE
    return verdicts


def worse(changed: Mapping[str, str], task: str, labelled: int, least_rows: int) -> bool | None:
    """Whether the main metric is worse; None when unknown or with fewer labels than ``least_rows``."""
    how = changed.get(main_metric(task))
    return how == WORSE if how and labelled >= least_rows else None


def _units(scored: ScoredRows, groups: Groups | None) -> int:
    """The number of groups in the smaller class; for a regression, in all rows."""
    numbers = np.arange(len(scored.labels)) if groups is None else groups
    if scored.task != "binary":
        return len(np.unique(numbers))
    return min(len(np.unique(numbers[scored.labels == label])) for label in (0, 1))
