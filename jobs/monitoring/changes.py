"""Whether metrics of accuracy are worse, or better, than on the holdout beyond what chance explains."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.gate import MAIN_METRIC
from jobs.monitoring.accuracy import Groups
from jobs.monitoring.intervals import corrected_z, student
from jobs.statistics.metrics import HIGHER_IS_BETTER, ScoredRows

SAME, BETTER, WORSE = "same", "better", "worse"
MIN_CLASS_ROWS = 10
"""Rows that each class needs: with fewer, resamples say too little about how far a metric varies."""


def changes(
    metrics: Mapping[str, Mapping[str, float]],
    holdout: Mapping[str, Mapping[str, float | None]],
    scored: ScoredRows,
    groups: Groups | None,
    alpha: float,
) -> dict[str, str]:
    """Each metric that both have, with `SAME`, `BETTER` or `WORSE`; none where there are too few labels.

    The difference is divided by its standard deviation, which both intervals of 95 % give, and compared
    with Student's distribution. Rows count as independent, but for those of one group.

    Args:
        metrics: of the window, with their intervals.
        holdout: the same of the holdout, as ``performance.json`` has them.
        groups: what each labelled row belongs to; see `jobs.monitoring.accuracy.groups_of`.
        alpha: how often a metric that did not change may be called better or worse.
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
        better = (gap > 0) == HIGHER_IS_BETTER[scored.task].get(name, True)
        verdicts[name] = SAME if abs(gap) <= quantile * deviation else BETTER if better else WORSE
    return verdicts


def worse(changed: Mapping[str, str], task: str, labelled: int, least_rows: int) -> bool | None:
    """Whether the main metric is worse; None where that is not known, or of fewer labels than were asked."""
    how = changed.get(MAIN_METRIC[task])
    return how == WORSE if how and labelled >= least_rows else None


def _units(scored: ScoredRows, groups: Groups | None) -> int:
    """How many independent rows the smaller class has; of a regression, all rows."""
    numbers = np.arange(len(scored.labels)) if groups is None else groups
    if scored.task != "binary":
        return len(np.unique(numbers))
    return min(len(np.unique(numbers[scored.labels == label])) for label in (0, 1))
