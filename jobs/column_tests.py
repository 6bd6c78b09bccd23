"""The drift tests of one column: each has an effect size and a p-value."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.rare_values import rare_change
from jobs.statistics.divergence import (
    MIN_EXPECTED,
    Cell,
    chi_square,
    cramers_v,
    least_share,
    merged,
    psi,
    psi_of_chance,
    rank_biserial,
    without_rare,
)
from jobs.statistics.significance import chi_square_tail, fisher_greater, fisher_two_sided
from jobs.statistics.window import Compared
from mdlc_constructs.settings.payloads.job_plan import Thresholds


@dataclass(frozen=True, kw_only=True)
class ColumnTest:
    """One test of one column. ``p_value`` is corrected for multiple testing in the final report."""

    test: str
    effect: float
    threshold: float
    p_value: float
    message: str


def column_findings(column: Compared, thresholds: Thresholds) -> Iterator[ColumnTest]:
    """All tests of a column; none when baseline or window has no rows."""
    before, rows = (sum(parts) for parts in zip(column.present, column.missing, strict=True))
    if not before or not rows:
        return
    if column.gone:
        yield ColumnTest(
            test="column", effect=1.0, threshold=1.0, p_value=0.0, message=f"Column {column.name!r} is gone."
        )
        return
    was, now = column.missing[0] / before, column.missing[1] / rows
    yield ColumnTest(
        test="missing",
        effect=abs(now - was),
        threshold=thresholds.missing_share,
        p_value=fisher_two_sided(column.missing[1], rows, column.missing[0], before),
        message=f"{now:.1%} of {column.name!r} are missing; {was:.1%} were.",
    )
    if all(column.present) and column.cells:
        yield _shape(column, thresholds)
        yield from _shift(column, thresholds)
        yield from _rare(column, thresholds)
        yield from _outside(column, thresholds)
        yield from _disappearance(column, thresholds)


def _shape(column: Compared, thresholds: Thresholds) -> ColumnTest:
    cells = dense(column)
    p_value = chi_square_tail(chi_square(cells), len(cells) - 1)
    noise = psi_of_chance(cells)
    if column.kind == "numbers":
        effect, threshold, named = psi(cells) - noise, thresholds.psi, "PSI"
    else:
        # For small changes PSI is about 4 V², so the V² expected by chance is a quarter of the expected PSI.
        effect = math.sqrt(max(0.0, cramers_v(cells) ** 2 - noise / 4))
        threshold, named = thresholds.cramers_v, "Cramer's V"
    return ColumnTest(
        test="distribution",
        effect=max(0.0, effect),
        threshold=threshold,
        p_value=p_value,
        message=f"The distribution of {column.name!r} changed: {named} {effect:.3f} beyond chance.",
    )


def _shift(column: Compared, thresholds: Thresholds) -> Iterator[ColumnTest]:
    """Numbers that moved in one direction: ranks detect it earlier than chi-square. Off without threshold."""
    if column.kind != "numbers" or thresholds.shift is None:
        return
    sizes = sorted(map(sum, column.cells))
    if sum(sizes[:-1]) * least_share(column.cells) < MIN_EXPECTED:
        return  # nearly all rows are in one cell: the normal approximation fails, and `_rare` is exact
    effect, deviation = rank_biserial(column.cells)
    yield ColumnTest(
        test="shift",
        effect=abs(effect),
        threshold=thresholds.shift,
        p_value=math.erfc(abs(effect) / deviation / math.sqrt(2)) if deviation else 1.0,
        message=(
            f"The values of {column.name!r} moved {'up' if effect > 0 else 'down'}: one of the window is "
            f"above one of the baseline with a probability of {(1 + effect) / 2:.1%}."
        ),
    )


def _rare(column: Compared, thresholds: Thresholds) -> Iterator[ColumnTest]:
    """A known value that is too rare for chi-square and is more frequent in the window."""
    numbers = column.kind == "numbers"
    cells = list(column.cells[1:-1] if numbers else column.cells[: len(column.values)])
    before, rows = column.present
    change = rare_change(
        cells,
        column.present,
        numbers=numbers,
        unlisted=column.unlisted,
        among=column.distinct - len(column.values),
    )
    if change is None:
        return
    first, second = change.cell
    if change.place is None:
        subject = "Its rare values together"
    elif numbers:
        low, high = column.edges[change.place + 1 : change.place + 3]
        subject = f"Its values from {low:g} to {high:g}"
    else:
        subject = (
            repr(column.values[change.place]) if change.place < len(column.values) else "An unlisted value"
        )
    yield ColumnTest(
        test="rare",
        effect=change.effect,
        threshold=thresholds.psi if numbers else thresholds.cramers_v,
        p_value=change.p_value,
        message=(
            f"The distribution of {column.name!r} changed. {subject} were {first / before:.2%} of the rows "
            f"and are {second / rows:.1%}."
        ),
    )


def _outside(column: Compared, thresholds: Thresholds) -> Iterator[ColumnTest]:
    """Values that the baseline never had: out of its range, or new categories.

    Some are expected without any drift. The probability that a next row is out of the range is the share of
    baseline rows that are its minimum or maximum. The probability of a new category is the share of baseline
    rows whose category has only one row (Good-Turing).
    """
    before, rows = column.present
    if column.kind == "numbers":
        hits, ordinary = round(column.cells[0][1] + column.cells[-1][1]), min(2, before)
        test, threshold, predicate = "range", thresholds.outside_share, "lie outside of the baseline's range"
    elif column.unseen is not None:
        hits, ordinary = column.unseen, column.singletons
        test, threshold, predicate = (
            "new",
            thresholds.new_share,
            "are categories that the baseline did not see",
        )
    else:
        return
    share = of_all(hits / rows, column)
    yield ColumnTest(
        test=test,
        effect=max(0.0, share - ordinary / before),
        threshold=threshold,
        p_value=fisher_greater(hits, rows, ordinary, before),
        message=f"{share:.1%} of {column.name!r} {predicate}.",
    )


def of_all(share: float, column: Compared) -> float:
    """The share of rows of new categories, corrected for those that `Compared.unseen` misses."""
    return min(1.0, share / (1 - column.missed))


def _disappearance(column: Compared, thresholds: Thresholds) -> Iterator[ColumnTest]:
    """The most frequent baseline category that the window lacks; corrected for the number of categories."""
    if column.kind != "categories":
        return
    rows = max((first for first, second in column.cells[:-1] if first and not second), default=0.0)
    share = rows / column.present[0]
    yield ColumnTest(
        test="vanished",
        effect=share,
        threshold=thresholds.vanished_share,
        p_value=absence(column, rows),
        message=f"Categories of {column.name!r} vanished, one with {share:.1%} of the baseline's rows.",
    )


def absence(column: Compared, rows: float) -> float:
    """The p-value of a category with so many baseline rows and none in the window (Bonferroni-corrected)."""
    before, after = column.present
    return min(1.0, fisher_greater(round(rows), before, 0, after) * max(1, len(column.cells) - 1))


def dense(column: Compared) -> list[Cell]:
    """The cells for a chi-square test: sparse ones are merged."""
    if column.kind == "numbers":
        return merged(column.cells)
    return without_rare(column.cells[:-1], column.cells[-1])
