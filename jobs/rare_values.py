"""Known values that are too rare for chi-square: each is judged by Fisher's exact test.

Chi-square's distribution needs enough expected rows in a cell, so cells with fewer are put together with
others before it is computed. A rare value that takes over a window disappears in such a cell. Here every cell
with few expected rows is compared with all others, and all of them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.statistics.divergence import MIN_EXPECTED, Cell, cramers_v, least_share, psi, psi_of_chance
from jobs.statistics.significance import fisher_two_sided


@dataclass(frozen=True)
class RareChange:
    """The rare cell that changed most: its place among the cells, or None for all rare ones together."""

    place: int | None
    cell: Cell
    effect: float
    p_value: float


def rare_change(
    cells: Sequence[Cell], totals: Cell, *, numbers: bool, unlisted: Cell | None = None, among: int = 0
) -> RareChange | None:
    """The change of the rare cell that changed most; None when no cell is rare.

    Which cells are rare depends on both samples together, so that it is no sign of a change.

    Args:
        cells: rows of baseline and window by known value or bucket.
        totals: all rows of both samples.
        numbers: whether the effect is a PSI; otherwise it is Cramer's V.
        unlisted: the window's commonest value of those that ``cells`` lack, with the most rows that the
            baseline can have of it. Its place is that behind the cells.
        among: how many values the baseline has of which that one is the commonest.
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
