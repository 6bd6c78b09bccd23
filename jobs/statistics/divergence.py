"""Distances and test statistics of two samples of a column, computed from their counts in the same cells."""

import math
from collections.abc import Iterable, Iterator, Sequence

Cell = tuple[float, float]  # rows of the baseline and rows of the window

MIN_EXPECTED = 5.0  # minimum expected rows of a cell in a chi-square test (Cochran's rule)
_HALF_ROW = 0.5  # added to each count, so that a cell that is empty in one sample gives a finite ratio


def merged(cells: Sequence[Cell]) -> list[Cell]:
    """Neighbouring cells merged until each has `MIN_EXPECTED` expected rows of both samples.

    For ordered cells, such as buckets of numbers.
    """
    least = least_share(cells)
    kept: list[Cell] = []
    left, right = 0.0, 0.0
    for first, second in cells:
        left, right = left + first, right + second
        if (left + right) * least >= MIN_EXPECTED:
            kept.append((left, right))
            left, right = 0.0, 0.0
    if left or right:
        first, second = kept.pop() if kept else (0.0, 0.0)
        kept.append((first + left, second + right))
    return kept


def without_rare(categories: Sequence[Cell], others: Cell) -> list[Cell]:
    """The categories that are common in both samples together, and one cell for all others.

    Both samples decide which categories are common. If the baseline alone decided, categories that it happens
    to lack would form a cell that is empty there, and any column with many rare categories would alarm.
    """
    least = least_share([*categories, others])
    common = [cell for cell in categories if sum(cell) * least >= MIN_EXPECTED]
    rare = [cell for cell in categories if sum(cell) * least < MIN_EXPECTED]
    return merged([*sorted(common, key=sum, reverse=True), _totals([*rare, others])])


def psi(cells: Sequence[Cell]) -> float:
    """Population stability index: the sum of (q - p) ln(q / p), with half a row added to each count."""
    baseline, window = _totals(cells)
    total = 0.0
    for first, second in cells:
        p = (first + _HALF_ROW) / (baseline + _HALF_ROW * len(cells))
        q = (second + _HALF_ROW) / (window + _HALF_ROW * len(cells))
        total += (q - p) * math.log(q / p)
    return total


def psi_of_chance(cells: Sequence[Cell]) -> float:
    """The expected PSI of two samples from one distribution: (cells - 1) (1/n + 1/m).

    Source: Yurdakul and Naranjo (2020), Statistical properties of the population stability index.
    """
    baseline, window = _totals(cells)
    return (len(cells) - 1) * (1 / baseline + 1 / window) if baseline and window else 0.0


def jensen_shannon(cells: Sequence[Cell]) -> float:
    """Jensen-Shannon distance: the root of the divergence in bits, from 0 (equal) to 1 (disjoint)."""
    divergence = 0.0
    for p, q in _shares(cells):
        middle = (p + q) / 2
        divergence += sum(share / 2 * math.log2(share / middle) for share in (p, q) if share)
    return math.sqrt(max(0.0, divergence))


def chi_square(cells: Sequence[Cell]) -> float:
    """Pearson's chi-square statistic for equal distributions, with cells - 1 degrees of freedom."""
    baseline, window = _totals(cells)
    if not baseline or not window:
        return 0.0
    return (
        baseline
        * window
        * sum(
            (first / baseline - second / window) ** 2 / (first + second)
            for first, second in cells
            if first + second
        )
    )


def cramers_v(cells: Sequence[Cell]) -> float:
    """Cramer's V of category and sample, from 0 to 1, computed as if both samples had the same size.

    With the actual sizes it would decrease with the window's size, though the distributions are the same.
    """
    return math.sqrt(sum((p - q) ** 2 / (p + q) for p, q in _shares(cells) if p + q) / 2)


def rank_biserial(cells: Sequence[Cell]) -> tuple[float, float]:
    """Rank-biserial correlation (Cliff's delta) of ordered cells, from -1 to 1.

    It is the probability that a window value is above a baseline value, minus that it is below.

    Returns:
        The effect, and its standard deviation when both samples have one distribution (the variance of
        Mann and Whitney's U with ties). Both are 0 when all rows are in one cell.
    """
    baseline, window = _totals(cells)
    total = baseline + window
    if not baseline or not window or total < 2:
        return 0.0, 0.0
    above = before = ties = 0.0
    for first, second in cells:
        above += second * (2 * before + first)
        before += first
        ties += (first + second) * ((first + second) ** 2 - 1)
    variance = (total + 1 - ties / (total * (total - 1))) / (3 * baseline * window)
    return above / (baseline * window) - 1, math.sqrt(max(0.0, variance))


def kolmogorov_smirnov(cells: Sequence[Cell]) -> float:
    """The Kolmogorov-Smirnov statistic at the cells' edges; without binning it may be larger."""
    p_sum = q_sum = largest = 0.0
    for p, q in _shares(cells):
        p_sum, q_sum = p_sum + p, q_sum + q
        largest = max(largest, abs(p_sum - q_sum))
    return largest


def wasserstein(cells: Sequence[Cell], edges: Sequence[float]) -> float:
    """Wasserstein distance in the column's unit, assuming that rows are evenly spread within their cell.

    It differs from the unbinned distance by at most the mean width of the rows' cells. It is for baselines
    without quantiles (see `transport`).

    Args:
        edges: the cells' bounds, one more than cells, ascending.
    """
    distance = before = 0.0
    for (p, q), low, high in zip(_shares(cells), edges, edges[1:], strict=False):
        after = before + p - q
        if before * after >= 0:
            mean = (abs(before) + abs(after)) / 2
        else:  # the cumulated shares cross within the cell: two triangles
            mean = (before**2 + after**2) / (2 * (abs(before) + abs(after)))
        distance += mean * (high - low)
        before = after
    return distance


def transport(baseline: Sequence[float], window: Sequence[float], levels: Sequence[float]) -> float:
    """Wasserstein distance of two samples from their quantiles, linearly interpolated between levels.

    When there are outliers, it is much more accurate than `wasserstein`. See `transport_bound`.

    Args:
        levels: of both sides' quantiles, ascending from 0 (the smallest) to 1 (the largest).
    """
    distance = 0.0
    for (a, b), (p, q), share in _steps(baseline, window, levels):
        left, right = p - a, q - b
        if left * right >= 0:
            distance += (abs(left) + abs(right)) / 2 * share
        else:  # the quantiles cross: two triangles
            # Not `**`, which raises OverflowError when a float overflows; a product becomes infinite.
            distance += (left * left + right * right) / (2 * (abs(left) + abs(right))) * share
    return distance


def transport_bound(baseline: Sequence[float], window: Sequence[float], levels: Sequence[float]) -> float:
    """The maximum error of `transport` when the quantiles are exact.

    A quantile function is monotonic, so between two levels the area between it and the straight line is at
    most half of its increase times the share of rows.
    """
    return sum(((b - a) + (q - p)) / 2 * share for (a, b), (p, q), share in _steps(baseline, window, levels))


def _steps(
    baseline: Sequence[float], window: Sequence[float], levels: Sequence[float]
) -> Iterator[tuple[Cell, Cell, float]]:
    """For each pair of neighbouring levels: both sides' quantiles at them, and the share of rows between."""
    for place in range(len(levels) - 1):
        yield (
            (baseline[place], baseline[place + 1]),
            (window[place], window[place + 1]),
            levels[place + 1] - levels[place],
        )


def least_share(cells: Sequence[Cell]) -> float:
    """The smaller sample's share of all rows; 0 when one sample is empty."""
    baseline, window = _totals(cells)
    return min(baseline, window) / (baseline + window) if baseline and window else 0.0


def _totals(cells: Iterable[Cell]) -> Cell:
    pairs = list(cells)
    return math.fsum(first for first, _ in pairs), math.fsum(second for _, second in pairs)


def _shares(cells: Sequence[Cell]) -> list[Cell]:
    baseline, window = _totals(cells)
    if not baseline or not window:
        return []
    return [(first / baseline, second / window) for first, second in cells]
