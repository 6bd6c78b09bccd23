"""Calibration of a binary model: the share of positive rows by score.

Scores are put into bins of about equal numbers of rows. Neighbouring bins whose rates decrease while scores
increase are merged (pool adjacent violators), so that the map is monotonic.

Source: Ayer et al. (1955), An empirical distribution function for sampling with incomplete information.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.metrics.rows import Floats

BINS = 50
MIN_ROWS = 50  # of a bin, so that its rate is accurate enough


def fit_calibration(scores: Floats, labels: Floats) -> dict[str, list[float]]:
    """Fit the map from score to rate on labelled rows.

    Returns:
        ``edges`` (from 0 to 1, one more than bins), and each bin's ``rates`` and ``counts``. A bin's lower
        edge is inclusive.
    """
    bins = max(1, min(BINS, len(scores) // MIN_ROWS))
    cuts = np.unique(np.quantile(scores, np.arange(1, bins) / bins, method="higher"))
    # A cut at the lowest score would leave an empty bin below it.
    cuts = cuts[cuts > scores.min()]
    places = np.searchsorted(cuts, scores, side="right")
    counts = np.bincount(places, minlength=len(cuts) + 1).astype(np.float64)
    hits = np.bincount(places, labels, minlength=len(cuts) + 1)
    starts: list[int] = []
    pooled: list[tuple[float, float]] = []
    for place, (rows, positive) in enumerate(zip(counts.tolist(), hits.tolist(), strict=True)):
        start, held, positives = place, rows, positive
        while pooled and pooled[-1][1] * held >= positives * pooled[-1][0]:
            before = pooled.pop()
            start, held, positives = starts.pop(), held + before[0], positives + before[1]
        starts.append(start)
        pooled.append((held, positives))
    return {
        "edges": [0.0, *(float(cuts[start - 1]) for start in starts[1:]), 1.0],
        "rates": [positives / held for held, positives in pooled],
        "counts": [held for held, _ in pooled],
    }


def rates(calibration: Mapping[str, Any], scores: Floats) -> Floats:
    """The rate of each score, by a map of `fit_calibration`."""
    inner = np.asarray(calibration["edges"][1:-1], dtype=np.float64)
    rate: Floats = np.asarray(calibration["rates"], dtype=np.float64)
    return rate[np.searchsorted(inner, scores, side="right")]
