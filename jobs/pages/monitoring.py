"""The monitoring report of a window as one HTML page, which also fits a phone.

It has no scripts; pictures are inline, and nothing is loaded from elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.column_tests import ColumnTest
from jobs.monitoring.drift_comparison import main_finding
from jobs.monitoring.summary import MonitoringResult
from jobs.pages.headline import BAD, GOOD, LOOK, UNKNOWN, Sentence, headline
from jobs.pages.rendering import render
from jobs.pages.shapes import Picture
from jobs.pages.svg import histogram, intervals
from jobs.statistics.drift import DRIFT, ColumnDrift
from mdlc_constructs.settings.payloads.tasks import arrow, main_metric

MAX_PICTURES, MAX_SEGMENTS, MAX_FEATURES, MAX_NOTES = 8, 12, 12, 20

_MARKS = {BAD: "✗", LOOK: "!", GOOD: "✓", UNKNOWN: "?"}


@dataclass(frozen=True, kw_only=True)
class _Metric:
    """A row of the metrics table; ``level`` selects the colour of the window's value, empty for no colour."""

    name: str
    arrow: str
    level: str
    now: Mapping[str, float] | None
    holdout: float | None
    estimate: float | None
    error: float | None


@dataclass(frozen=True, kw_only=True)
class _DriftedColumn:
    """A drifted column with its reasons and, if possible, a histogram."""

    name: str
    reasons: tuple[str, ...]
    picture: Picture | None


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A row of the table of all columns: the main finding, or None when the column was not tested."""

    name: str
    level: str
    finding: ColumnTest | None


@dataclass(frozen=True, kw_only=True)
class _Feature:
    """A row of the table of features whose served values differ from the offline ones."""

    name: str
    skewed: bool
    mismatch_share: float
    in_standard_deviations: float | None


def to_html(result: MonitoringResult) -> str:
    """The HTML page of a result."""
    verdict, said = headline(result)
    levels = {sentence.level for sentence in said}
    worse = sum(segment.worse for segment in result.segments)
    return render(
        "monitoring.html.j2",
        found=result,
        marks=_MARKS,
        verdict=verdict,
        level=next((level for level in (BAD, LOOK, UNKNOWN) if level in levels), GOOD),
        said=said,
        metrics=_metrics(result),
        has_estimate=bool(_estimate(result, "metrics")),
        has_error=bool(_estimate(result, "error")),
        drifted=_drifted_columns(result),
        columns=_columns(result),
        worse_segments=worse,
        segments_picture=intervals(result.segments[:MAX_SEGMENTS]) if result.segments else None,
        skewed_features=_skewed_features(result),
        quality=[
            Sentence(level=LOOK if finding.fails else UNKNOWN, text=finding.message)
            for finding in result.findings[:MAX_NOTES]
        ],
        delay_hours=[seconds / 3600 for seconds in (result.labels.delay_seconds or {}).values()],
        notes=[Sentence(level=UNKNOWN, text=note) for note in result.notes[:MAX_NOTES]],
        main_metric=main_metric(result.plan.dataset.task),
    )


def _estimate(result: MonitoringResult, part: str) -> Mapping[str, Any]:
    return (result.estimate or {}).get(part) or {}


def _metrics(result: MonitoringResult) -> list[_Metric]:
    estimated, error = _estimate(result, "metrics"), _estimate(result, "error")
    return [
        _Metric(
            name=name,
            arrow=arrow(name),
            level={"worse": BAD, "better": GOOD}.get(str(result.changes.get(name)), ""),
            now=result.metrics.get(name),
            holdout=result.reference.metrics.get(name),
            estimate=estimated.get(name),
            error=error.get(name),
        )
        for name in dict.fromkeys([*result.metrics, *estimated])
    ]


def _drifted_columns(result: MonitoringResult) -> list[_DriftedColumn]:
    if not result.served.rows:
        return []
    columns = {column.name: column for column in result.drifting.baseline.columns}
    counted = {column.name: column for column in result.drifting.columns}
    drifted = [name for name in result.worst if columns[name].verdict == DRIFT]
    return [
        _DriftedColumn(name=name, reasons=tuple(columns[name].reasons), picture=histogram(counted[name]))
        for name in drifted[:MAX_PICTURES]
    ]


def _columns(result: MonitoringResult) -> list[_Column]:
    report = result.drifting.baseline
    columns = {column.name: column for column in report.columns}
    return [_column(columns[name], report.thresholds.alpha) for name in result.worst]


def _column(column: ColumnDrift, alpha: float) -> _Column:
    level = {DRIFT: LOOK, "quiet": ""}.get(column.verdict, UNKNOWN)
    return _Column(name=column.name, level=level, finding=main_finding(column, alpha))


def _skewed_features(result: MonitoringResult) -> list[_Feature]:
    """The features that differ in any row, skewed ones first, then by the share of differing rows."""
    if not result.skew:
        return []
    features = [
        _Feature(
            name=name,
            skewed=name in result.skew["skewed"],
            mismatch_share=numbers["mismatch_share"],
            in_standard_deviations=numbers["in_standard_deviations"],
        )
        for name, numbers in result.skew["features"].items()
        if numbers["mismatch_share"]
    ]
    return sorted(features, key=lambda feature: (not feature.skewed, -feature.mismatch_share))[:MAX_FEATURES]
