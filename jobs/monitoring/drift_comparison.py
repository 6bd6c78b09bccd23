"""Drift of each column and the score, against the baseline and against the previous window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.column_tests import ColumnTest
from jobs.database import quote
from jobs.monitoring.reference import Reference
from jobs.monitoring.rows import Served
from jobs.monitoring.settings import Settings
from jobs.names import ANSWER, SCORE
from jobs.prediction_columns import expression
from jobs.statistics.baseline import statistics
from jobs.statistics.drift import DRIFT, QUIET, ColumnDrift, DriftReport, drift, judge_columns
from jobs.statistics.window import Compared, compare_columns

VIEW = "window_columns"
SMALL = 0.25
"""The share of a threshold from which a change that is no drift is reported. Below, it matters to nobody."""


@dataclass(frozen=True, kw_only=True)
class DriftComparison:
    """The comparisons of a window.

    ``columns`` are the counts that ``baseline`` is computed from, for histograms. ``last`` is the comparison
    with the previous window; None without one. ``statistics`` are the window's own; None without rows.
    """

    columns: tuple[Compared, ...]
    baseline: DriftReport
    last: DriftReport | None
    statistics: Mapping[str, Any] | None


def compare(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    served: Served,
    features: Mapping[str, str],
    reference: Reference,
    previous: Mapping[str, Any] | None,
    group: str | None = None,
) -> DriftComparison:
    """Compare the view ``judged``; creates the view `VIEW` of the answers and the features that callers send.

    Args:
        features: the raw columns that the model reads, with declared types.
        previous: the previous window's statistics; None without one.
        group: the column whose equal values are ranked together.
    """
    sent = {name: kind for name, kind in features.items() if name in served.sent}
    answers = {
        column.name: expression(column, reference.shape, score=SCORE, answer=ANSWER, group=quote(group or ""))
        for column in reference.predictions
    }
    selected = [
        *(quote(name) for name in sent),
        *(f"{sql} AS {quote(name)}" for name, sql in answers.items()),
    ]
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {VIEW} AS SELECT {', '.join(selected)} FROM judged")
    kinds = {column.name: column.kind for column in reference.predictions}
    own = statistics(connection, VIEW, {**sent, **kinds}) if served.rows else None
    columns = compare_columns(connection, VIEW, reference.statistics)
    return DriftComparison(
        columns=tuple(columns),
        baseline=judge_columns(columns, settings.thresholds),
        last=drift(connection, VIEW, previous, settings.thresholds) if previous else None,
        statistics=own,
    )


def main_finding(column: ColumnDrift, alpha: float) -> ColumnTest | None:
    """The finding with the largest ratio of effect to threshold, of those that alarm, else of all.

    None for a column without findings.
    """
    alarming = [f for f in column.findings if f.effect >= f.threshold and f.p_value < alpha]
    return max(alarming or column.findings, key=lambda f: f.effect / f.threshold, default=None)


def moved_a_little(report: DriftReport) -> list[str]:
    """The columns that did not drift, but moved: beyond chance, by at least `SMALL` of a threshold.

    They are in the order of `column_summaries`.
    """
    alpha = report.thresholds.alpha
    moved = {
        column.name
        for column in report.columns
        if column.verdict == QUIET
        and any(f.p_value < alpha and f.effect >= SMALL * f.threshold for f in column.findings)
    }
    return [name for name in column_summaries(report) if name in moved]


def column_summaries(report: DriftReport) -> dict[str, dict[str, Any]]:
    """Each column's verdict and main finding: drifted columns first, then by effect over threshold."""
    short = {}
    for column in report.columns:
        finding = main_finding(column, report.thresholds.alpha)
        short[column.name] = {
            "verdict": column.verdict,
            "effect": finding.effect if finding else None,
            "threshold": finding.threshold if finding else None,
            "p_value": finding.p_value if finding else None,
        }
    return dict(sorted(short.items(), key=lambda item: (item[1]["verdict"] != DRIFT, -_beyond(item[1]))))


def _beyond(short: Mapping[str, Any]) -> float:
    return float(short["effect"] / short["threshold"]) if short["threshold"] else 0.0
