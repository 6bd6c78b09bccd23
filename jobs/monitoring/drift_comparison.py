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
from jobs.names import SCORE
from jobs.statistics.baseline import statistics
from jobs.statistics.drift import DRIFT, ColumnDrift, DriftReport, drift, judge_columns
from jobs.statistics.window import Compared, compare_columns

VIEW = "window_columns"


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
) -> DriftComparison:
    """Compare the view ``judged``; creates the view `VIEW` of the score and the features that callers send.

    Args:
        features: the raw columns that the model reads, with declared types.
        previous: the previous window's statistics; None without one.
    """
    score = reference.prediction
    sent = {name: kind for name, kind in features.items() if name in served.sent}
    named = "".join(f"{quote(name)}, " for name in sent)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {VIEW} AS SELECT {named}{SCORE} AS {quote(score)} FROM judged"
    )
    own = statistics(connection, VIEW, {**sent, score: "number"}) if served.rows else None
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
