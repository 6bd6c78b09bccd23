"""How far two samples of one column are apart, measured on how many of each fall into the same cells."""

import math
from collections.abc import Iterable, Iterator, Sequence

Cell = tuple[float, float]  # rows of the baseline and rows of the window

MIN_EXPECTED = 5.0  # rows expected in a cell for chi-square's distribution to hold (Cochran's rule)
_HALF_ROW = 0.5  # added to each count, so that a cell one sample left empty gives a finite ratio


def merged(cells: Sequence[Cell]) -> list[Cell]:
    """Neighbouring cells put together until each is expected to hold enough of both samples.

    For cells in an order, as buckets of numbers are.
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
    """Categories that are common in both samples together, and one cell for all others.

    Whether one is common is judged by both samples: judged by the baseline's alone, those that it happens
    not to hold would make a cell that is empty there, and any column with many rare categories alarm.
    """
    least = least_share([*categories, others])
    common = [cell for cell in categories if sum(cell) * least >= MIN_EXPECTED]
    rare = [cell for cell in categories if sum(cell) * least < MIN_EXPECTED]
    return merged([*sorted(common, key=sum, reverse=True), _totals([*rare, others])])


def psi(cells: Sequence[Cell]) -> float:
    """Population stability index: the sum of (q - p) ln(q / p), both counts raised by half a row."""
    baseline, window = _totals(cells)
    total = 0.0
    for first, second in cells:
        p = (first + _HALF_ROW) / (baseline + _HALF_ROW * len(cells))
        q = (second + _HALF_ROW) / (window + _HALF_ROW * len(cells))
        total += (q - p) * math.log(q / p)
    return total


def psi_of_chance(cells: Sequence[Cell]) -> float:
    """The index to be expected of two samples from one distribution: (cells - 1) (1/n + 1/m).

    Source: Yurdakul and Naranjo (2020), Statistical properties of the population stability index.
    """
    baseline, window = _totals(cells)
    return (len(cells) - 1) * (1 / baseline + 1 / window) if baseline and window else 0.0


def jensen_shannon(cells: Sequence[Cell]) -> float:
    """Jensen-Shannon distance: the root of the divergence in bits, from 0 (equal) to 1 (nothing shared)."""
    divergence = 0.0
    for p, q in _shares(cells):
        middle = (p + q) / 2
        divergence += sum(share / 2 * math.log2(share / middle) for share in (p, q) if share)
    return math.sqrt(max(0.0, divergence))


def chi_square(cells: Sequence[Cell]) -> float:
    """Pearson's statistic of the two samples having one distribution; it has cells - 1 degrees of freedom."""
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
    """Cramer's V of category and sample, as if both samples were equally large: from 0 to 1.

    With the samples as they are it would fall as the window gets smaller beside the baseline, with
    nothing else changed.
    """
    return math.sqrt(sum((p - q) ** 2 / (p + q) for p, q in _shares(cells) if p + q) / 2)


def rank_biserial(cells: Sequence[Cell]) -> tuple[float, float]:
    """How far values of the window lie above those of the baseline, by their cells' order: from -1 to 1.

    The chance that one of the window is above one of the baseline, minus that it is below (Cliff's delta).

    Returns:
        the effect, and its standard deviation when both samples have one distribution (the variance of
        Mann and Whitney's U with ties); 0 and 0 of samples that are all in one cell.
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
    """The largest difference of the cumulated shares, at the cells' edges; unbinned it may be larger."""
    p_sum = q_sum = largest = 0.0
    for p, q in _shares(cells):
        p_sum, q_sum = p_sum + p, q_sum + q
        largest = max(largest, abs(p_sum - q_sum))
    return largest


def wasserstein(cells: Sequence[Cell], edges: Sequence[float]) -> float:
    """Wasserstein's distance in the column's unit, rows taken as evenly spread within their cell.

    It is off from the unbinned one by at most the mean width of the cells that the rows are in. For
    baselines without quantiles (see `transport`).

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
    """Wasserstein's distance of two samples from their quantiles, taken as straight between levels.

    Where nearly all rows lie close together and a few far away, it is much nearer to that of the rows
    themselves than `wasserstein`. See `transport_bound`.

    Args:
        levels: of both sides' quantiles, ascending from 0 (the smallest) to 1 (the largest).
    """
    distance = 0.0
    for (a, b), (p, q), share in _steps(baseline, window, levels):
        left, right = p - a, q - b
        if left * right >= 0:
            distance += (abs(left) + abs(right)) / 2 * share
        else:  # the quantiles cross: two triangles
            # No power: that of a float beyond its range is an error, and a product is infinite.
            distance += (left * left + right * right) / (2 * (abs(left) + abs(right))) * share
    return distance


def transport_bound(baseline: Sequence[float], window: Sequence[float], levels: Sequence[float]) -> float:
    """How far `transport` is at most from the distance of the rows, when the quantiles are exact.

    Between two levels a quantile function only rises, so that it is from the straight line by no more area
    than half of its step.
    """
    return sum(((b - a) + (q - p)) / 2 * share for (a, b), (p, q), share in _steps(baseline, window, levels))


def _steps(
    baseline: Sequence[float], window: Sequence[float], levels: Sequence[float]
) -> Iterator[tuple[Cell, Cell, float]]:
    """Between two levels each: both sides' quantiles there, and the share of rows in between."""
    for place in range(len(levels) - 1):
        yield (
            (baseline[place], baseline[place + 1]),
            (window[place], window[place + 1]),
            levels[place + 1] - levels[place],
        )


def least_share(cells: Sequence[Cell]) -> float:
    """The share of all rows that the smaller sample has."""
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
