"""Converts a window's summary to metrics, to an event and to an audit item. Pure functions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mdlc_constructs.settings.monitor_metrics import (
    AT_TRAINING,
    ESTIMATED,
    MEASURED,
    METRIC,
    METRICS,
    MODEL,
    MONITOR,
    dimension_value,
    is_enough,
    value_of,
)
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.moments import parse_moment
from mdlc_constructs.settings.payloads.monitoring import (
    Accuracy,
    ComputedWindow,
    MonitoringCompleted,
    RecordRequest,
    WindowItem,
    WindowSummary,
)
from mdlc_constructs.settings.payloads.planning import Section
from mdlc_constructs.settings.payloads.tasks import BY_CLASS

MAX_REASONS, MAX_CHARACTERS = 20, 4000
"""Limits of the reasons in an event and an item; the report has all of them."""


@dataclass(frozen=True, kw_only=True)
class WindowOutputs:
    """A window as it is recorded and published.

    Attributes:
        item: the audit table's item, with its key.
        detail: of the event.
        data: data points for CloudWatch.
    """

    item: WindowItem
    detail: MonitoringCompleted
    data: Sequence[dict[str, object]]


def window_outputs(request: RecordRequest, summary: WindowSummary, now: datetime) -> WindowOutputs:
    """The audit item, the event's detail and the data points of a window.

    Args:
        summary: the monitor job's summary.
    """
    consistency = _consistency(request.window)
    return WindowOutputs(
        item=_item(request, summary, consistency, now),
        detail=_detail(request, summary),
        data=tuple(_data(request, summary, consistency, now)),
    )


def _consistency(window: ComputedWindow) -> Section:
    """The result of the window's replay, by this execution or an earlier one; empty without one."""
    kept: Section = window.consistency or json.loads(window.kept or "{}")
    return kept


def _reasons(summary: WindowSummary) -> list[str]:
    more = len(summary.reasons) - MAX_REASONS
    return [*summary.reasons[:MAX_REASONS], *([f"and {more} more"] if more > 0 else [])]


def _version(window: ComputedWindow, summary: WindowSummary) -> int:
    """The package version in the job's summary, or the planned one when there was no job."""
    return summary.package_version or window.version


def _report(window: ComputedWindow) -> str:
    return f"{window.folder}report.json" if window.folder else ""


def _page(window: ComputedWindow) -> str:
    return f"{window.folder}report.html" if window.folder else ""


def _item(request: RecordRequest, summary: WindowSummary, consistency: Section, now: datetime) -> WindowItem:
    window, accuracy = request.window, summary.accuracy or Accuracy()
    version = _version(window, summary)
    estimate = summary.estimate or {}

    def text(value: object) -> str:
        return "" if value is None else str(value)

    return WindowItem(
        pk=f"MODEL#{request.model}",
        sk=f"WINDOW#{request.monitor}#{window.id}",
        schema_version="1",
        model=request.model,
        monitor=request.monitor,
        start=window.window.start,
        end=window.window.end,
        version=str(version) if version else "",
        package_arn=window.package_arn,
        rows=str(summary.rows),
        drifted="true" if summary.drifted else "false",
        columns=json.dumps(summary.columns),
        reasons=" ".join(_reasons(summary))[:MAX_CHARACTERS],
        metrics=json.dumps(accuracy.metrics),
        baseline_metrics=json.dumps(accuracy.baseline),
        changes=json.dumps(accuracy.changes),
        worse=text(accuracy.worse).lower(),
        estimates=json.dumps(estimate.get("metrics") or {}),
        labelled=text(accuracy.labelled),
        coverage=text(accuracy.coverage),
        labelled_until=text(accuracy.labelled_until),
        served_version=window.served_version,
        labels_version=window.labels_version,
        consistency=json.dumps(consistency) if consistency else "",
        report=_report(window),
        page=_page(window),
        digest=window.digest,
        computed_at=now.isoformat(timespec="seconds"),
        announced="",
        planned_at=request.execution.started_at,
        execution_arn=request.execution.id,
    )


def _detail(request: RecordRequest, summary: WindowSummary) -> MonitoringCompleted:
    window, accuracy = request.window, summary.accuracy or Accuracy()
    return MonitoringCompleted(
        model=request.model,
        execution=request.execution.id,
        monitor=request.monitor,
        window=window.window,
        update=window.update,
        version=_version(window, summary),
        package_arn=window.package_arn,
        rows=summary.rows,
        drifted=summary.drifted,
        columns=summary.columns,
        reasons=tuple(_reasons(summary)),
        metrics=accuracy.metrics,
        changes=accuracy.changes,
        worse=accuracy.worse,
        labelled=accuracy.labelled,
        coverage=accuracy.coverage,
        labelled_until=accuracy.labelled_until,
        report=_report(window),
        page=_page(window),
    )


def _data(
    request: RecordRequest, summary: WindowSummary, consistency: Section, now: datetime
) -> Iterator[dict[str, object]]:
    """Yield data points with the current time: alarms evaluate recent data points, not past windows."""
    window, accuracy = request.window, summary.accuracy or Accuracy()
    labels, least = request.labels, request.least_rows
    moments = {
        "judged": not window.update,
        "labelled": bool(accuracy.labelled),
        "due": labels is not None
        and summary.accuracy is not None
        and parse_moment(window.window.end) + timedelta(seconds=labels.delay_seconds) <= now,
    }
    dimensions = {MODEL: request.model, MONITOR: request.monitor}
    document = {**encode(summary), **({"consistency": consistency} if consistency else {})}
    for metric in METRICS:
        value = value_of(metric, document)
        if value is not None and moments[metric.moment] and is_enough(metric, document, least):
            yield _point(metric.name, value, dimensions, now, metric.unit)
    measured: Section = {}
    # A metric of few labels is unreliable and could send an alarm to ALARM.
    if (accuracy.labelled or 0) >= least:
        measured = {name: estimate.get("value") for name, estimate in accuracy.metrics.items()}
    estimates: Section = {}
    if moments["judged"] and summary.rows >= least:
        estimates = (summary.estimate or {}).get("metrics") or {}
    at_training = accuracy.baseline if moments["judged"] or measured else {}
    known = ((MEASURED, measured), (ESTIMATED, estimates), (AT_TRAINING, at_training))
    for name, values in known:
        for metric_name, value in values.items():
            # Each name is a custom metric that costs: those of one class are published on request.
            asked = BY_CLASS not in metric_name or metric_name in (request.by_class or ())
            if asked and isinstance(value, int | float) and value == value:
                about = {**dimensions, METRIC: dimension_value(metric_name)}
                yield _point(name, float(value), about, now, "None")


def _point(
    name: str, value: float, dimensions: Mapping[str, str], now: datetime, unit: str
) -> dict[str, object]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        "Timestamp": now,
        "Value": value,
        "Unit": unit,
    }
