"""Fisher's exact test for known values that are too rare for chi-square.

Chi-square needs enough expected rows in each cell, so cells with fewer are merged before it is computed. It
may miss a rare value that becomes frequent in a window, as it is in a merged cell. Here every cell with few
expected rows is compared with all others, and all of them together too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.statistics.divergence import MIN_EXPECTED, Cell, cramers_v, least_share, psi, psi_of_chance
from jobs.statistics.significance import fisher_two_sided


@dataclass(frozen=True)
class RareChange:
    """The rare cell that changed most: its index among the cells, or None for all rare ones together."""

    place: int | None
    cell: Cell
    effect: float
    p_value: float


def rare_change(
    cells: Sequence[Cell], totals: Cell, *, numbers: bool, unlisted: Cell | None = None, among: int = 0
) -> RareChange | None:
    """The change of the rare cell that changed most; None when no cell is rare.

    Both samples together decide which cells are rare, so that rareness does not depend on a change.

    Args:
        cells: row counts of baseline and window by known value or bucket.
        totals: the number of all rows of both samples.
        numbers: whether the effect is PSI; otherwise it is Cramer's V.
        unlisted: the window's most frequent value that ``cells`` lacks, with the maximum number of rows that
            the baseline can have of it. Its index is ``len(cells)``.
        among: the number of the baseline's values that ``cells`` lacks.
    """
    least = least_share([totals])
    rare: list[tuple[int | None, Cell]] = [
        (place, cell) for place, cell in enumerate(cells) if 0 < sum(cell) * least < MIN_EXPECTED
    ]
    if len(rare) > 1:
        together = (sum(first for _, (first, _) in rare), sum(second for _, (_, second) in rare))
        if sum(together) * least < MIN_EXPECTED:
            rare.append((None, together))
    tests = len(rare)
    if unlisted:
        rare.append((len(cells), unlisted))
        tests += max(1, among)
    if not rare:
        return None
    place, cell = max(rare, key=lambda entry: abs(entry[1][1] / totals[1] - entry[1][0] / totals[0]))
    (before, rows), (first, second) = totals, cell
    p_value = fisher_two_sided(round(second), round(rows), round(first), round(before)) * tests
    return RareChange(place, cell, _effect(cell, totals, numbers), min(1.0, p_value))


def _effect(cell: Cell, totals: Cell, numbers: bool) -> float:
    halves = [cell, (totals[0] - cell[0], totals[1] - cell[1])]
    if numbers:
        return max(0.0, psi(halves) - psi_of_chance(halves))
    return float(max(0.0, cramers_v(halves) ** 2 - psi_of_chance(halves) / 4) ** 0.5)
