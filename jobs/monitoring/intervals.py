"""Confidence intervals by formula: for parts of the rows, of which there may be hundreds.

``z`` is the normal quantile; `corrected` gives that of many intervals which hold all together.
"""

import math
from statistics import NormalDist

import numpy as np

from jobs.metrics import Floats

CONFIDENCE = 0.95
Interval = tuple[float, float]


def corrected(comparisons: int) -> float:
    """The quantile with which so many intervals all cover at the confidence (Bonferroni)."""
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * max(1, comparisons)))


def auc(labels: Floats, scores: Floats, z: float) -> tuple[float, Interval] | None:
    """The AUC and its interval, by DeLong's variance on the logit scale; None for one class.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated
    receiver operating characteristic curves; Pepe (2003) for the scale, which keeps within 0 to 1.
    """
    values, place = np.unique(scores, return_inverse=True)
    won = (labels == 1).astype(np.float64)
    positive = np.asarray(np.bincount(place, won, len(values)), dtype=np.float64)
    negative = np.asarray(np.bincount(place, 1 - won, len(values)), dtype=np.float64)
    hits, misses = float(positive.sum()), float(negative.sum())
    if not hits or not misses:
        return None
    beaten = (np.cumsum(negative) - negative / 2) / misses  # of each positive: the negatives below it
    beating = 1 - (np.cumsum(positive) - positive / 2) / hits
    area = float((positive * beaten).sum() / hits)
    variance = _variance(beaten, positive) / hits + _variance(beating, negative) / misses
    if not 0 < area < 1 or not variance > 0:
        # Nothing varies in a sample that is divided perfectly. Bounded as if the smaller class's rows were
        # trials that all went well.
        tail = NormalDist().cdf(-z) ** (1 / min(hits, misses))
        return area, (tail if area else 0.0, 1.0 if area else 1 - tail)
    logit, half = math.log(area / (1 - area)), z * math.sqrt(variance) / (area * (1 - area))
    return area, (_expit(logit - half), _expit(logit + half))


def _variance(values: Floats, weights: Floats) -> float:
    total = float(weights.sum())
    if total < 2:
        return 0.25  # the most that values within 0 to 1 can have: one row says nothing of it
    mean = float((weights * values).sum()) / total
    return float((weights * (values - mean) ** 2).sum()) / (total - 1)


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def rmse(errors: Floats, z: float) -> tuple[float, Interval]:
    """The root mean squared error and its interval, on the scale of logarithms."""
    squares = errors**2
    mean = float(squares.mean())
    if mean <= 0 or len(errors) < 2:
        return math.sqrt(mean), (0.0, math.sqrt(mean) if len(errors) > 1 else math.inf)
    half = z * float(squares.std(ddof=1)) / math.sqrt(len(errors)) / mean
    # The bound above may not overflow, with two rows and hundreds of comparisons.
    return math.sqrt(mean), (math.sqrt(mean * math.exp(-half)), math.sqrt(mean * math.exp(min(half, 600))))


def wilson(hits: float, rows: float, z: float) -> Interval:
    """Wilson's interval of a share."""
    share, squared = hits / rows, z * z
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    half = z * math.sqrt(share * (1 - share) / rows + squared / (4 * rows * rows)) / (1 + squared / rows)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(first: tuple[float, float], second: tuple[float, float], z: float) -> tuple[float, Interval]:
    """The difference of two shares, each as hits and rows, and Newcombe's interval of it.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions
    (method 10).
    """
    shares = first[0] / first[1], second[0] / second[1]
    bounds = wilson(*first, z), wilson(*second, z)
    gap = shares[0] - shares[1]
    below = math.hypot(shares[0] - bounds[0][0], bounds[1][1] - shares[1])
    above = math.hypot(bounds[0][1] - shares[0], shares[1] - bounds[1][0])
    return gap, (gap - below, gap + above)
