"""Drift of a window against the baseline: for each column its tests, effect sizes and p-values.

A finding is drift when it is both large and significant. Large: its *effect*, minus what is expected by
chance, reaches a threshold; this prevents alarms about small changes in large windows. Significant: its
p-value, corrected by Holm for all tests of all columns, is below ``alpha``; this prevents alarms about noise
in small windows and wide tables. The tests assume independent rows; when rows come in clusters (one aircraft,
one storm), p-values are too small, and only the threshold prevents false alarms.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from jobs.column_tests import ColumnTest, absence, column_findings, dense, of_all
from jobs.database import SqlConnection
from jobs.statistics.divergence import (
    chi_square,
    cramers_v,
    jensen_shannon,
    kolmogorov_smirnov,
    psi,
    psi_of_chance,
    transport,
    wasserstein,
)
from jobs.statistics.significance import holm
from jobs.statistics.window import Compared, compare_columns
from mdlc_constructs.settings.payloads.job_plan import Thresholds

QUIET, DRIFT, UNKNOWN = "quiet", "drift", "unknown"


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """A column's verdict ("quiet", "drift" or "unknown") with its reasons, measures and tests."""

    name: str
    verdict: str
    reasons: tuple[str, ...] = ()
    measures: Mapping[str, float | None] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    findings: tuple[ColumnTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """The drift of every column, in the baseline's order; ``rows`` is the window's number of rows."""

    rows: int
    baseline_rows: int
    columns: tuple[ColumnDrift, ...]
    thresholds: Thresholds

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns whose verdict is drift."""
        return tuple(column for column in self.columns if column.verdict == DRIFT)

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self) | {"drifted": [column.name for column in self.drifted]}


def drift(
    connection: SqlConnection,
    relation: str,
    statistics: Mapping[str, Any],
    thresholds: Thresholds | None = None,
) -> DriftReport:
    """Compare a window with the baseline in ``statistics.json``.

    For a window without rows, every column is "unknown", not drifted.
    """
    return judge_columns(compare_columns(connection, relation, statistics), thresholds or Thresholds())


def judge_columns(columns: Sequence[Compared], thresholds: Thresholds) -> DriftReport:
    """The verdict on each column, from its counts."""
    tested = [list(column_findings(column, thresholds)) for column in columns]
    corrected = iter(holm([finding.p_value for findings in tested for finding in findings]))
    verdicts = []
    for column, findings in zip(columns, tested, strict=True):
        final = tuple(replace(finding, p_value=next(corrected)) for finding in findings)
        verdicts.append(_verdict(column, final, thresholds))
    totals = [
        (sum(parts) for parts in zip(column.present, column.missing, strict=True)) for column in columns
    ]
    baseline_rows, rows = next(iter(totals), (0, 0))
    return DriftReport(rows=rows, baseline_rows=baseline_rows, columns=tuple(verdicts), thresholds=thresholds)


def _verdict(column: Compared, findings: tuple[ColumnTest, ...], thresholds: Thresholds) -> ColumnDrift:
    reasons = tuple(
        finding.message
        for finding in findings
        if finding.effect >= finding.threshold and finding.p_value < thresholds.alpha
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


def _vanished(column: Compared, alpha: float) -> Iterator[str]:
    """The categories whose absence is significant; a small window lacks rare categories by chance."""
    for value, (first, second) in zip(column.values, column.cells, strict=False):
        if first and not second and absence(column, first) < alpha:
            yield value


def _measures(column: Compared) -> dict[str, float | None]:
    measures: dict[str, float | None] = {
        f"{side}_missing_share": missing / (present + missing) if present + missing else None
        for side, present, missing in zip(("baseline", "window"), column.present, column.missing, strict=True)
    }
    measures |= column.facts
    if not all(column.present) or not column.cells:
        return measures
    cells = dense(column)
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
            measures["new_share"] = of_all(column.unseen / column.present[1], column)
    # Distances between very large numbers become infinite, which JSON does not have.
    return {
        name: value if value is None or math.isfinite(value) else None for name, value in measures.items()
    }
