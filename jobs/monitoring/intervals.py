"""Confidence intervals by formula, without resampling, for segments, of which there may be hundreds.

``z`` is the normal quantile; `corrected_z` returns it for many simultaneous intervals.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from jobs.metrics.rows import Floats

CONFIDENCE = 0.95
Interval = tuple[float, float]


def corrected_z(comparisons: int) -> float:
    """The normal quantile for simultaneous intervals (Bonferroni correction)."""
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (2 * max(1, comparisons)))


def student(share: float, degrees: int) -> float:
    """The quantile of Student's t distribution, from the normal one; accurate to 0.01 from 9 degrees on.

    Source: Abramowitz and Stegun (1964), Handbook of mathematical functions, 26.7.5.
    """
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, 1))


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean, its variance, and the number of rows or pairs of rows that it is the mean of."""

    value: float
    variance: float
    weight: float


def pool(estimates: Sequence[Estimate]) -> Estimate | None:
    """The mean over the rows or pairs of all estimates, which must not overlap; None without estimates."""
    if not estimates:
        return None
    weight = sum(estimate.weight for estimate in estimates)
    return Estimate(
        value=sum(estimate.weight * estimate.value for estimate in estimates) / weight,
        variance=sum(estimate.weight**2 * estimate.variance for estimate in estimates) / weight**2,
        weight=weight,
    )


def ahead(first: tuple[float, Interval], second: tuple[float, Interval]) -> float:
    """The lower confidence bound of ``first`` minus ``second``, each a value and its interval.

    Source: Zou and Donner (2008), Construction of confidence limits about effect measures.
    """
    (value, (low, _)), (other, (_, high)) = first, second
    return value - other - math.hypot(value - low, high - other)


def area(labels: Floats, scores: Floats) -> Estimate | None:
    """The AUC, as a mean over the pairs of a positive and a negative, with DeLong's variance.

    It is None for one class. Source: DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two
    or more correlated receiver operating characteristic curves.
    """
    values, place = np.unique(scores, return_inverse=True)
    won = (labels == 1).astype(np.float64)
    positive = np.asarray(np.bincount(place, won, len(values)), dtype=np.float64)
    negative = np.asarray(np.bincount(place, 1 - won, len(values)), dtype=np.float64)
    hits, misses = float(positive.sum()), float(negative.sum())
    if not hits or not misses:
        return None
    beaten = (np.cumsum(negative) - negative / 2) / misses  # of each positive: share of negatives below it
    beating = 1 - (np.cumsum(positive) - positive / 2) / hits
    variance = _variance(beaten, positive) / hits + _variance(beating, negative) / misses
    if not variance > 0:  # perfectly separated: DeLong's variance is 0, but the AUC is not certain
        variance = (1 - _all_well(min(hits, misses), 1)) ** 2
    return Estimate(value=float((positive * beaten).sum() / hits), variance=variance, weight=hits * misses)


def auc(labels: Floats, scores: Floats, z: float) -> tuple[float, Interval] | None:
    """The AUC and its interval, computed on the logit scale to stay within 0 to 1; None for one class.

    Source for the scale: Pepe (2003), The statistical evaluation of medical tests.
    """
    estimate = area(labels, scores)
    if estimate is None:
        return None
    if not 0 < estimate.value < 1:
        hits = float((labels == 1).sum())
        tail = _all_well(min(hits, len(labels) - hits), z)
        return estimate.value, (tail if estimate.value else 0.0, 1.0 if estimate.value else 1 - tail)
    return estimate.value, on_logits(estimate, z)


def macro_area(labels: Floats, answers: Floats) -> Estimate | None:
    """The mean over classes of the AUC of the class against all others; None when there is one class.

    The variance is that of the sum of each row's influence on the classes' areas, so that it counts that they
    are of the same rows. Classes without rows are left out.

    Args:
        labels: of shape (n,), the number of each row's class.
        answers: of shape (n, k), the probability of each class.
    """
    influence, areas, smallest = np.zeros(len(labels)), list[float](), float(len(labels))
    for number in range(answers.shape[1]):
        own = labels == number
        hits = int(own.sum())
        if not 0 < hits < len(labels):
            continue
        places = _midranks(answers[:, number])
        beaten = (places[own] - _midranks(answers[own, number])) / (len(labels) - hits)
        beating = 1 - (places[~own] - _midranks(answers[~own, number])) / hits
        areas.append(float(beaten.mean()))
        influence[own] += (beaten - areas[-1]) / hits
        influence[~own] += (beating - areas[-1]) / (len(labels) - hits)
        smallest = min(smallest, hits)
    if not areas:
        return None
    variance = float((influence**2).sum()) / len(areas) ** 2
    if not variance > 0 or smallest < 2:
        variance = max(variance, (1 - _all_well(smallest, 1)) ** 2)
    return Estimate(value=float(np.mean(areas)), variance=variance, weight=len(labels))


def macro_auc(labels: Floats, answers: Floats, z: float) -> tuple[float, Interval] | None:
    """The macro AUC and its interval on the logit scale; None when there is one class."""
    estimate = macro_area(labels, answers)
    return None if estimate is None else (estimate.value, on_logits(estimate, z))


def _midranks(values: Floats) -> Floats:
    """Of each value, the number of values below it and half of those that are equal, without itself."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks: Floats = (below + (counts - 1) / 2)[places]
    return ranks


def _all_well(trials: float, z: float) -> float:
    """The lower bound of a share when all trials succeeded."""
    return float(NormalDist().cdf(-z) ** (1 / trials))


def on_logits(estimate: Estimate, z: float) -> Interval:
    """The interval of a share, computed on the logit scale to stay within 0 to 1."""
    share, deviation = estimate.value, math.sqrt(estimate.variance)
    if not 0 < share < 1:
        return max(0.0, share - z * deviation), min(1.0, share + z * deviation)
    logit, half = math.log(share / (1 - share)), z * deviation / (share * (1 - share))
    return _expit(logit - half), _expit(logit + half)


def _variance(values: Floats, weights: Floats) -> float:
    total = float(weights.sum())
    if total < 2:
        return 0.25  # one row has no variance: use the maximum of values from 0 to 1
    mean = float((weights * values).sum()) / total
    return float((weights * (values - mean) ** 2).sum()) / (total - 1)


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def mean(values: Floats) -> Estimate:
    """The mean of values from 0 to 1, such as a metric of each group of a ranking."""
    weights = np.ones_like(values)
    # Equal values have no variance: count one value in the middle besides.
    variance = max(_variance(values, weights), 0.25 / (len(values) + 1)) / len(values)
    return Estimate(value=float(values.mean()), variance=variance, weight=len(values))


def mean_square(errors: Floats) -> Estimate:
    """The mean squared error; its variance is infinite for one row."""
    squares, rows = errors**2, len(errors)
    variance = float(squares.var(ddof=1)) / rows if rows > 1 else math.inf
    return Estimate(value=float(squares.mean()), variance=variance, weight=rows)


def root(estimate: Estimate, z: float) -> tuple[float, Interval]:
    """The root of a mean square and its interval, computed on the log scale."""
    mean = estimate.value
    if math.isinf(estimate.variance):
        return math.sqrt(mean), (0.0, math.inf)
    if not mean > 0:
        return 0.0, (0.0, 0.0)
    half = z * math.sqrt(estimate.variance) / mean
    # The upper bound must not overflow, which it could with two rows and hundreds of comparisons.
    return math.sqrt(mean), (math.sqrt(mean * math.exp(-half)), math.sqrt(mean * math.exp(min(half, 600))))


def wilson(hits: float, rows: float, z: float) -> Interval:
    """Wilson's interval of a share."""
    share, squared = hits / rows, z * z
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    half = z * math.sqrt(share * (1 - share) / rows + squared / (4 * rows * rows)) / (1 + squared / rows)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(first: tuple[float, float], second: tuple[float, float], z: float) -> tuple[float, Interval]:
    """The difference of two shares, each as (hits, rows), and its interval by Newcombe.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions
    (method 10).
    """
    shares = first[0] / first[1], second[0] / second[1]
    bounds = wilson(*first, z), wilson(*second, z)
    gap = shares[0] - shares[1]
    below = math.hypot(shares[0] - bounds[0][0], bounds[1][1] - shares[1])
    above = math.hypot(bounds[0][1] - shares[0], shares[1] - bounds[1][0])
    return gap, (gap - below, gap + above)
