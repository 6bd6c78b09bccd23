"""Drift of a window against the baseline: per column what changed, how much, and whether chance explains it.

A finding alarms when both hold: the change is large (its *effect*, freed of what chance alone adds, reaches
a threshold) and it is no accident (its chance, corrected by Holm for all tests of all columns, is below
``alpha``). The first keeps large windows quiet about what does not matter, the second keeps small
windows and wide tables quiet about noise. Rows count as independent of each other; where they come in
clusters (one aircraft, one storm), only the first protects.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from jobs.database import Connection
from jobs.divergence import (
    Cell,
    chi_square,
    cramers_v,
    jensen_shannon,
    kolmogorov_smirnov,
    merged,
    psi,
    psi_of_chance,
    transport,
    wasserstein,
    without_rare,
)
from jobs.rare_values import rare_change
from jobs.significance import change_tail, chi_square_tail, excess_tail, holm
from jobs.thresholds import Thresholds
from jobs.window import Compared, compared

QUIET, DRIFT, UNKNOWN = "quiet", "drift", "unknown"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One test of one column. ``chance`` is corrected for the number of tests once the report is made."""

    test: str
    effect: float
    threshold: float
    chance: float
    message: str


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """A column's verdict ("quiet", "drift" or "unknown"), why, and all that was measured."""

    name: str
    verdict: str
    reasons: tuple[str, ...] = ()
    measures: Mapping[str, float | None] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """Every column of the baseline, in its order; ``rows`` are the window's."""

    rows: int
    baseline_rows: int
    columns: tuple[ColumnDrift, ...]
    thresholds: Thresholds

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that alarm."""
        return tuple(column for column in self.columns if column.verdict == DRIFT)

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self) | {"drifted": [column.name for column in self.drifted]}


def drift(
    connection: Connection,
    relation: str,
    statistics: Mapping[str, Any],
    thresholds: Thresholds | None = None,
) -> DriftReport:
    """Compare a window with the baseline that ``statistics.json`` describes.

    A window without rows leaves every column "unknown": nothing was seen, which is no drift.
    """
    return judged(compared(connection, relation, statistics), thresholds or Thresholds())


def judged(columns: Sequence[Compared], thresholds: Thresholds) -> DriftReport:
    """The verdicts on counted columns."""
    tested = [list(_findings(column, thresholds)) for column in columns]
    corrected = iter(holm([finding.chance for findings in tested for finding in findings]))
    verdicts = []
    for column, findings in zip(columns, tested, strict=True):
        final = tuple(replace(finding, chance=next(corrected)) for finding in findings)
        verdicts.append(_verdict(column, final, thresholds))
    totals = [
        (sum(parts) for parts in zip(column.present, column.missing, strict=True)) for column in columns
    ]
    baseline_rows, rows = next(iter(totals), (0, 0))
    return DriftReport(rows=rows, baseline_rows=baseline_rows, columns=tuple(verdicts), thresholds=thresholds)


def _verdict(column: Compared, findings: tuple[Finding, ...], thresholds: Thresholds) -> ColumnDrift:
    reasons = tuple(
        finding.message
        for finding in findings
        if finding.effect >= finding.threshold and finding.chance < thresholds.alpha
    )
    verdict = DRIFT if reasons else QUIET if findings else UNKNOWN
    measures = _measures(column)
    if verdict == UNKNOWN:
        reasons = (f"The window has no rows to judge {column.name!r} by.",)
    return ColumnDrift(
        name=column.name,
        verdict=verdict,
        reasons=reasons,
        measures=measures,
        new=column.new,
        vanished=tuple(_vanished(column, thresholds.alpha)),
        findings=findings,
    )


def _findings(column: Compared, thresholds: Thresholds) -> Iterator[Finding]:
    before, rows = (sum(parts) for parts in zip(column.present, column.missing, strict=True))
    if not before or not rows:
        return
    if column.gone:
        yield Finding(
            test="column", effect=1.0, threshold=1.0, chance=0.0, message=f"Column {column.name!r} is gone."
        )
        return
    was, now = column.missing[0] / before, column.missing[1] / rows
    yield Finding(
        test="missing",
        effect=abs(now - was),
        threshold=thresholds.missing_share,
        chance=change_tail(column.missing[1], rows, column.missing[0], before),
        message=f"{now:.1%} of {column.name!r} are missing; {was:.1%} were.",
    )
    if all(column.present) and column.cells:
        yield _shape(column, thresholds)
        yield from _rare(column, thresholds)
        yield from _outside(column, thresholds)
        yield from _disappearance(column, thresholds)


def _shape(column: Compared, thresholds: Thresholds) -> Finding:
    cells = _dense(column)
    chance = chi_square_tail(chi_square(cells), len(cells) - 1)
    noise = psi_of_chance(cells)
    if column.kind == "numbers":
        effect, threshold, named = psi(cells) - noise, thresholds.psi, "PSI"
    else:
        # For small changes the index is four times V's square, and so is what chance adds to it.
        effect = math.sqrt(max(0.0, cramers_v(cells) ** 2 - noise / 4))
        threshold, named = thresholds.cramers_v, "Cramer's V"
    return Finding(
        test="distribution",
        effect=max(0.0, effect),
        threshold=threshold,
        chance=chance,
        message=f"The distribution of {column.name!r} changed: {named} {effect:.3f} beyond chance.",
    )


def _rare(column: Compared, thresholds: Thresholds) -> Iterator[Finding]:
    """A known value that is too rare for chi-square, and what it became."""
    numbers = column.kind == "numbers"
    cells = list(column.cells[1:-1] if numbers else column.cells[: len(column.values)])
    before, rows = column.present
    found = rare_change(
        cells,
        column.present,
        numbers=numbers,
        unlisted=column.unlisted,
        among=column.distinct - len(column.values),
    )
    if found is None:
        return
    first, second = found.cell
    if found.place is None:
        said = "Its rare values together"
    elif numbers:
        low, high = column.edges[found.place + 1 : found.place + 3]
        said = f"Its values from {low:g} to {high:g}"
    else:
        said = repr(column.values[found.place]) if found.place < len(column.values) else "An unlisted value"
    yield Finding(
        test="rare",
        effect=found.effect,
        threshold=thresholds.psi if numbers else thresholds.cramers_v,
        chance=found.p_value,
        message=(
            f"The distribution of {column.name!r} changed. {said} were {first / before:.2%} of the rows "
            f"and are {second / rows:.1%}."
        ),
    )


def _outside(column: Compared, thresholds: Thresholds) -> Iterator[Finding]:
    """What the baseline never had: values beyond its range, or categories that it did not see.

    So many must be expected even when nothing changed. A next row falls outside of the range as often as
    a baseline's row is its lowest or highest; it is of a new category as often as a baseline's row is the
    only one of its own (Good-Turing).
    """
    before, rows = column.present
    if column.kind == "numbers":
        hits, ordinary = round(column.cells[0][1] + column.cells[-1][1]), min(2, before)
        test, threshold, said = "range", thresholds.outside_share, "lie outside of the baseline's range"
    elif column.unseen is not None:
        hits, ordinary = column.unseen, column.singletons
        test, threshold, said = "new", thresholds.new_share, "are categories that the baseline did not see"
    else:
        return
    share = _of_all(hits / rows, column)
    yield Finding(
        test=test,
        effect=max(0.0, share - ordinary / before),
        threshold=threshold,
        chance=excess_tail(hits, rows, ordinary, before),
        message=f"{share:.1%} of {column.name!r} {said}.",
    )


def _of_all(share: float, column: Compared) -> float:
    """The share of rows of new categories, those that were missed among them."""
    return min(1.0, share / (1 - column.missed))


def _disappearance(column: Compared, thresholds: Thresholds) -> Iterator[Finding]:
    """The category whose absence surprises most, corrected for there being many."""
    if column.kind != "categories":
        return
    rows = max((first for first, second in column.cells[:-1] if first and not second), default=0.0)
    share = rows / column.present[0]
    yield Finding(
        test="vanished",
        effect=share,
        threshold=thresholds.vanished_share,
        chance=_absence(column, rows),
        message=f"Categories of {column.name!r} vanished, one with {share:.1%} of the baseline's rows.",
    )


def _absence(column: Compared, rows: float) -> float:
    """The chance that a category with so many rows has all of them in the baseline."""
    before, after = column.present
    return min(1.0, excess_tail(round(rows), before, 0, after) * max(1, len(column.cells) - 1))


def _vanished(column: Compared, alpha: float) -> Iterator[str]:
    """The categories whose absence is no accident; a small window lacks many that are only rare."""
    for value, (first, second) in zip(column.values, column.cells, strict=False):
        if first and not second and _absence(column, first) < alpha:
            yield value


def _dense(column: Compared) -> list[Cell]:
    """The cells as chi-square can judge them: sparse ones together."""
    if column.kind == "numbers":
        return merged(column.cells)
    return without_rare(column.cells[:-1], column.cells[-1])


def _measures(column: Compared) -> dict[str, float | None]:
    measures: dict[str, float | None] = {
        f"{side}_missing_share": missing / (present + missing) if present + missing else None
        for side, present, missing in zip(("baseline", "window"), column.present, column.missing, strict=True)
    }
    measures |= column.facts
    if not all(column.present) or not column.cells:
        return measures
    cells = _dense(column)
    measures |= {
        "psi": psi(cells),
        "psi_of_chance": psi_of_chance(cells),
        "jensen_shannon": jensen_shannon(cells),
        "chi_square": chi_square(cells),
        "degrees_of_freedom": len(cells) - 1,
    }
    if column.kind == "numbers":
        measures["kolmogorov_smirnov"] = kolmogorov_smirnov(column.cells)
        measures["wasserstein"] = (
            transport(*column.quantiles, column.levels)
            if column.levels
            else wasserstein(column.cells, column.edges)
        )
        measures["outside_share"] = (column.cells[0][1] + column.cells[-1][1]) / column.present[1]
    else:
        measures["cramers_v"] = cramers_v(cells)
        if column.unseen is not None:
            measures["new_share"] = _of_all(column.unseen / column.present[1], column)
    # Distances between the largest numbers are infinite, which JSON does not know.
    return {
        name: value if value is None or math.isfinite(value) else None for name, value in measures.items()
    }
