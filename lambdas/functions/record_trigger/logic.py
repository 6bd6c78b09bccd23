"""Decides which triggers an event fires. Pure functions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lambdas.triggers.coalescing import TriggerEvent
from lambdas.triggers.store import History, TrainingData
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.monitoring import MonitoringCompleted, WindowItem
from mdlc_constructs.settings.payloads.planning import Section
from mdlc_constructs.settings.triggers import OnAccuracyLoss, OnDrift, OnNewData

MAX_COLUMNS = 10
"""How many drifted columns a trigger's reason names; the report names all of them."""


@dataclass(frozen=True, kw_only=True)
class SourceEvent:
    """An event as EventBridge delivers it, perhaps twice.

    Attributes:
        completed: the detail of an event of monitoring; None of any other event.
    """

    id: str
    time: datetime
    completed: MonitoringCompleted | None = None

    @classmethod
    def of(cls, event: Section) -> "SourceEvent":
        """The parts of an event that count."""
        detail = event.get("detail") or {}
        return cls(
            id=event["id"],
            time=datetime.fromisoformat(event["time"]),
            completed=decode(MonitoringCompleted, detail, where="detail") if "monitor" in detail else None,
        )


@dataclass(frozen=True, kw_only=True)
class MonitoredWindow:
    """A window as the audit table or the event has it.

    Attributes:
        version: the version judged; empty when it is not known.
        metrics, baseline_metrics: each with its `value`; the latter on the version's own holdout.
        changes: metric to `better`, `same` or `worse` than on that holdout.
    """

    monitor: str
    start: str
    end: str
    version: str
    rows: int
    drifted: bool
    columns: Sequence[str]
    metrics: Section
    baseline_metrics: Section
    changes: Mapping[str, str]
    labelled: int
    report: str
    labelled_until: str

    @classmethod
    def of_item(cls, item: WindowItem) -> "MonitoredWindow":
        """A window of the audit table."""
        return cls(
            monitor=item.monitor,
            start=item.start,
            end=item.end,
            version=item.version,
            rows=int(item.rows or 0),
            drifted=item.drifted == "true",
            columns=json.loads(item.columns or "[]"),
            metrics=json.loads(item.metrics or "{}"),
            baseline_metrics=json.loads(item.baseline_metrics or "{}"),
            changes=json.loads(item.changes or "{}"),
            labelled=int(item.labelled or 0),
            report=item.report,
            labelled_until=item.labelled_until,
        )

    @classmethod
    def of_event(cls, detail: MonitoringCompleted, baseline_metrics: Section) -> "MonitoredWindow":
        """The window of an event, which does not hold the metrics on the version's own holdout."""
        return cls(
            monitor=detail.monitor,
            start=detail.window.start,
            end=detail.window.end,
            version=_version(detail),
            rows=detail.rows,
            drifted=detail.drifted,
            columns=detail.columns,
            metrics=detail.metrics,
            baseline_metrics=baseline_metrics,
            changes=detail.changes,
            labelled=detail.labelled or 0,
            report=detail.report,
            labelled_until=detail.labelled_until or "",
        )

    @property
    def bounds(self) -> tuple[str, str]:
        """Start and end."""
        return self.start, self.end


def with_event_window(event: SourceEvent, windows: Sequence[MonitoredWindow]) -> list[MonitoredWindow]:
    """The monitor's windows, with the event's own window built from the event.

    The event may arrive before its `WINDOW#` item is written. The event does not hold the metrics on the
    version's own holdout; they are the same for all windows of a version, so they come from another item.

    Args:
        windows: the windows in the audit table, the latest first.
    """
    if event.completed is None:
        return list(windows)
    at_training = [
        window.baseline_metrics
        for window in windows
        if _same_version(window, event) and window.baseline_metrics
    ]
    own = MonitoredWindow.of_event(event.completed, at_training[0] if at_training else {})
    others = [window for window in windows if window.bounds != own.bounds]
    return sorted([own, *others], key=lambda window: window.bounds, reverse=True)


def lacks_baseline(event: SourceEvent, noun: OnAccuracyLoss, windows: Sequence[MonitoredWindow]) -> bool:
    """Whether accuracy loss cannot be judged yet, because no item holds the version's holdout metrics.

    The caller reads the items again later: the window's own item is written right after the event.
    """
    own = next((window for window in windows if _is_among(event, [window])), None)
    return (
        noun.loss is not None
        and own is not None
        and _measured(own, noun) is not None
        and _value(own.baseline_metrics, noun.metric) is None
    )


def schedule_trigger(event: SourceEvent, *, schedule: str, priority: int) -> TriggerEvent:
    """Scheduled trigger. EventBridge may deliver a scheduled time twice; both have the same event id."""
    return TriggerEvent(
        event_id=f"schedule-{schedule}-{event.time.isoformat()}",
        trigger="schedule",
        reason=f"Scheduled by {schedule}.",
        at=event.time,
        priority=priority,
    )


def code_change_trigger(request_id: str, digest: str, *, at: datetime, priority: int) -> TriggerEvent:
    """The trigger of a deployment that changed the training's definition.

    Args:
        request_id: CloudFormation's request id, the same when it retries.
    """
    return TriggerEvent(
        event_id=f"code-change-{request_id}",
        trigger="code-change",
        reason=f"A deployment changed what training does, to {digest[:12]}.",
        at=at,
        priority=priority,
    )


def new_data_trigger(
    event: SourceEvent, noun: OnNewData, data: TrainingData, history: History
) -> TriggerEvent | None:
    """The trigger of `OnNewData`, or None when too few rows and files were added since the last training.

    New rows are estimated from the new bytes, at the last training's ratio of rows to bytes.
    """
    before = history.data
    files = max(0, data.files - before.files)
    new_bytes = max(0, data.size - before.size)
    rows = 0
    if before.rows and before.size:
        rows = new_bytes * before.rows // before.size
    if not noun.is_due(rows=rows, files=files):
        return None
    amount = f"{files} new files" + (f", about {rows} new rows" if before.rows else "")
    return TriggerEvent(
        # All new files share one event id until a retraining ends. A failed retraining deletes its trigger
        # but leaves `history.data` as it was, so its request id is needed to make the next event id new.
        event_id=f"new-data-after-{before.files}-{before.size}-{history.last_request}",
        trigger=noun.name,
        reason=f"{amount} since the last training.",
        at=event.time,
        priority=noun.priority,
    )


def drift_trigger(
    event: SourceEvent, noun: OnDrift, windows: Sequence[MonitoredWindow]
) -> TriggerEvent | None:
    """The trigger of `OnDrift`, or None unless the version's latest `noun.windows` windows all drifted.

    Args:
        windows: those of the monitor, the latest first.
    """
    judged = [window for window in windows if _same_version(window, event) and window.rows]
    drifted: list[MonitoredWindow] = []
    for window in judged:
        if not _drifted(window, noun.columns):
            break
        drifted.append(window)
    if len(drifted) < noun.windows or not _is_among(event, drifted[: noun.windows]):
        return None
    latest = drifted[0]
    names = _columns(latest, noun.columns)
    more = len(names) - MAX_COLUMNS
    columns = ", ".join(names[:MAX_COLUMNS]) + (f" and {more} more" if more > 0 else "") or "predictions"
    return _of_window(
        noun.name,
        latest,
        at=event.time,
        priority=noun.priority,
        reason=f"{len(drifted)} window{'s' * (len(drifted) > 1)} drifted in a row ({columns}).",
        drifted_at=drifted[-1].start,
    )


def accuracy_loss_trigger(
    event: SourceEvent, noun: OnAccuracyLoss, windows: Sequence[MonitoredWindow]
) -> TriggerEvent | None:
    """The trigger of `OnAccuracyLoss`, or None unless the latest windows with enough labels are all too bad.

    Args:
        windows: those of the monitor, the latest first.
    """
    known = [
        (window, value)
        for window in windows
        if _same_version(window, event) and (value := _measured(window, noun)) is not None
    ]
    last = known[: noun.windows]
    if len(last) < noun.windows or not _is_among(event, [window for window, _ in last]):
        return None
    if not all(
        noun.is_due(value, _value(window.baseline_metrics, noun.metric), worse=_is_worse(window, noun.metric))
        for window, value in last
    ):
        return None
    latest, value = last[0]
    at_training = _value(latest.baseline_metrics, noun.metric)
    before = "" if at_training is None else f", {at_training:.4g} on its own holdout"
    before += ", worse beyond chance" if _is_worse(latest, noun.metric) else ""
    return _of_window(
        noun.name,
        latest,
        at=event.time,
        priority=noun.priority,
        reason=f"{noun.metric} is {value:.4g}{before}.",
        about=f"-{noun.metric}",
    )


def _of_window(
    trigger: str,
    window: MonitoredWindow,
    *,
    at: datetime,
    priority: int,
    reason: str,
    drifted_at: str = "",
    about: str = "",
) -> TriggerEvent:
    name = f"{window.monitor}-{window.start}-{window.end}"
    return TriggerEvent(
        # The window is in the event id, so that a window computed again for late labels fires nothing twice.
        event_id=f"{trigger}{about}-{name}",
        trigger=trigger,
        reason=reason,
        at=at,
        priority=priority,
        report=window.report,
        labelled_until=window.labelled_until,
        drifted_at=drifted_at,
        version=window.version,
    )


def _same_version(window: MonitoredWindow, event: SourceEvent) -> bool:
    """Whether a window is of the event's version; only such windows count."""
    return window.version == version_of(event)


def version_of(event: SourceEvent) -> str:
    """The version that an event of monitoring is about, or nothing."""
    return "" if event.completed is None else _version(event.completed)


def _version(detail: MonitoringCompleted) -> str:
    """The version as the audit table has it: an unknown one, 0, is the empty text."""
    return str(detail.version) if detail.version else ""


def _is_among(event: SourceEvent, windows: Iterable[MonitoredWindow]) -> bool:
    """Whether the event's window is one of these: late labels of an older window must fire nothing."""
    if event.completed is None:
        return False
    bounds = (event.completed.window.start, event.completed.window.end)
    return any(window.bounds == bounds for window in windows)


def _columns(window: MonitoredWindow, wanted: Sequence[str]) -> list[str]:
    return [name for name in window.columns if not wanted or name in wanted]


def _drifted(window: MonitoredWindow, wanted: Sequence[str]) -> bool:
    return window.drifted and (not wanted or bool(_columns(window, wanted)))


def _measured(window: MonitoredWindow, noun: OnAccuracyLoss) -> float | None:
    """The window's metric, or None while it has fewer than `least_rows` labelled rows."""
    if window.labelled < noun.least_rows:
        return None
    return _value(window.metrics, noun.metric)


def _is_worse(window: MonitoredWindow, metric: str) -> bool:
    """Whether the monitor found the metric worse than on the holdout beyond chance."""
    return window.changes.get(metric) == "worse"


def _value(metrics: Section, name: str) -> float | None:
    metric = metrics.get(name)
    value = metric.get("value") if isinstance(metric, Mapping) else metric
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
