"""P-values of the drift tests, and Holm's correction for multiple tests.

They are implemented here, because the drift statistics also run on Spark, whose image has no pinned scipy.
Tests compare them with scipy's.
"""

import math
from collections.abc import Sequence

_NEGLIGIBLE = 1e-17
_STEPS = 100_000


def chi_square_tail(statistic: float, degrees: int) -> float:
    """The probability that a chi-square variable is at least ``statistic``; 1 for no degrees of freedom."""
    if degrees <= 0 or statistic <= 0:
        return 1.0
    shape, x = degrees / 2, statistic / 2
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return max(0.0, 1 - front * _lower_series(shape, x))
    return min(1.0, front * _upper_fraction(shape, x))


def _lower_series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for step in range(1, _STEPS):
        term *= x / (shape + step)
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return total


def _upper_fraction(shape: float, x: float) -> float:
    """Lentz's evaluation of the continued fraction of the upper incomplete gamma function."""
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    value = d
    for step in range(1, _STEPS):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def fisher_greater(hits: int, rows: int, baseline_hits: int, baseline_rows: int) -> float:
    """Fisher's exact test, one-sided: the probability that ``rows`` have at least ``hits`` of all hits.

    It is exact when few hits are expected, where approximations raise false alarms. It is 1 when the share of
    hits is not larger than the baseline's.
    """
    total, both = hits + baseline_hits, rows + baseline_rows
    if rows == 0 or baseline_rows == 0 or hits * both <= total * rows:
        return 1.0
    log_probability = (
        _log_choose(rows, hits) + _log_choose(baseline_rows, baseline_hits) - _log_choose(both, total)
    )
    # Above the expected count the terms decrease, each by a known ratio.
    term = tail = 1.0
    for count in range(hits, min(rows, total)):
        left = total - count
        term *= (rows - count) * left / ((count + 1) * (baseline_rows - left + 1))
        tail += term
        if term < tail * _NEGLIGIBLE:
            break
    return min(1.0, math.exp(min(0.0, log_probability + math.log(tail))))


def binomial_tail(hits: int, rows: int, share: float) -> float:
    """The probability of at least ``hits`` hits in ``rows`` rows, each a hit with probability ``share``."""
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    odds = share / (1 - share)
    term = math.exp(_log_choose(rows, hits) + hits * math.log(share) + (rows - hits) * math.log1p(-share))
    tail = term
    for count in range(hits, rows):
        term *= odds * (rows - count) / (count + 1)
        tail += term
        if count > share * rows and term < tail * _NEGLIGIBLE:
            break
    return min(1.0, tail)


def fisher_two_sided(hits: int, rows: int, baseline_hits: int, baseline_rows: int) -> float:
    """The two-sided p-value: twice the smaller tail of Fisher's exact test, at most 1."""
    more = fisher_greater(hits, rows, baseline_hits, baseline_rows)
    fewer = fisher_greater(rows - hits, rows, baseline_rows - baseline_hits, baseline_rows)
    return min(1.0, 2 * min(more, fewer))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values: if all below alpha are rejected, any of them is wrong with probability <= alpha.

    This holds for dependent tests too, such as tests of columns of one table.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    adjusted = [1.0] * len(p_values)
    running = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = running
    return adjusted


def _log_choose(total: int, taken: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(taken + 1) - math.lgamma(total - taken + 1)
