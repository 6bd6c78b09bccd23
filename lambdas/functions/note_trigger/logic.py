"""Which triggers an event makes fire, if any. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.triggers.coalescing import Fired
from lambdas.triggers.store import History, Trained
from mdlc_constructs.settings.triggers import OnAccuracyLoss, OnDrift, OnNewData

MOST_NAMED = 10
"""Columns of a reason: the report has them all."""

Window = Mapping[str, str]
"""A `WINDOW#` item of the audit table, all texts."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event as EventBridge delivers it, perhaps twice."""

    id: str
    time: datetime
    detail: Mapping[str, Any]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Event":
        """The parts of an event that count."""
        return cls(
            id=event["id"], time=datetime.fromisoformat(event["time"]), detail=event.get("detail") or {}
        )


def told(event: Event, windows: Sequence[Window]) -> list[Window]:
    """The monitor's windows with the event's own as the event tells it: its item may be written after it.

    What a version's scores were on its own holdout is in items alone, and the same for all its windows.

    Args:
        windows: those of the audit table, the latest first.
    """
    detail = event.detail
    span = detail.get("window") or {}
    version = _text(detail.get("version"))
    at_training = [
        known
        for one in windows
        if one.get("version", "") == version
        and (known := one.get("baseline_metrics", "{}")) not in ("", "{}")
    ]
    own = {
        "monitor": _text(detail.get("monitor")),
        "start": _text(span.get("start")),
        "end": _text(span.get("end")),
        "version": version,
        "rows": str(detail.get("rows", "")),
        "drifted": "true" if detail.get("drifted") else "false",
        "columns": json.dumps(detail.get("columns") or []),
        "metrics": json.dumps(detail.get("metrics") or {}),
        "baseline_metrics": at_training[0] if at_training else "{}",
        "changes": json.dumps(detail.get("changes") or {}),
        "labelled": str(detail.get("labelled") or 0),
        "report": _text(detail.get("report")),
        "labelled_until": _text(detail.get("labelled_until")),
    }
    others = [one for one in windows if (one["start"], one["end"]) != (own["start"], own["end"])]
    return sorted([own, *others], key=lambda one: (one["start"], one["end"]), reverse=True)


def lacks_baseline(event: Event, noun: OnAccuracyLoss, windows: Sequence[Window]) -> bool:
    """Whether the event's window cannot be judged before its item is written."""
    own = next((one for one in windows if _is_among(event, [one])), None)
    return (
        noun.loss is not None
        and own is not None
        and _measured(own, noun) is not None
        and _value(own.get("baseline_metrics"), noun.metric) is None
    )


def by_schedule(event: Event, *, schedule: str, priority: int) -> Fired:
    """The clock struck. A scheduled time may be announced twice, and is one trigger all the same."""
    return Fired(
        event_id=f"schedule-{schedule}-{event.time.isoformat()}",
        trigger="schedule",
        reason=f"By the clock, {schedule}.",
        at=event.time,
        priority=priority,
    )


def by_code(request_id: str, digest: str, *, at: datetime, priority: int) -> Fired:
    """A deployment changed what training does.

    Args:
        request_id: CloudFormation's, the same when it asks again.
    """
    return Fired(
        event_id=f"code-change-{request_id}",
        trigger="code-change",
        reason=f"A deployment changed what training does, to {digest[:12]}.",
        at=at,
        priority=priority,
    )


def by_new_data(event: Event, noun: OnNewData, now: Trained, history: History) -> Fired | None:
    """Enough came since the last training.

    Rows are an estimate: new bytes, by the rows a byte held at the last training.
    """
    before = history.trained
    files = max(0, now.files - before.files)
    grown = max(0, now.size - before.size)
    rows = 0
    if before.rows and before.size:
        rows = grown * before.rows // before.size
    if not noun.is_due(rows=rows, files=files):
        return None
    told = f"{files} new files" + (f", about {rows} new rows" if before.rows else "")
    return Fired(
        # Every file that comes now tells the same until a retraining has ended. One that failed has not
        # counted anew, so that its name is needed, too: what it was started for is gone.
        event_id=f"new-data-after-{before.files}-{before.size}-{history.last_request}",
        trigger=noun.name,
        reason=f"{told} since the last training.",
        at=event.time,
        priority=noun.priority,
    )


def by_drift(event: Event, noun: OnDrift, windows: Sequence[Window]) -> Fired | None:
    """The last windows of the version drifted, all of them.

    Args:
        windows: those of the monitor, the latest first.
    """
    judged = [one for one in windows if _same_version(one, event) and one.get("rows", "0") != "0"]
    drifted: list[Window] = []
    for one in judged:
        if not _drifted(one, noun.columns):
            break
        drifted.append(one)
    if len(drifted) < noun.windows or not _is_among(event, drifted[: noun.windows]):
        return None
    latest = drifted[0]
    names = _columns(latest, noun.columns)
    more = len(names) - MOST_NAMED
    columns = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "") or "predictions"
    return _of_window(
        noun.name,
        latest,
        at=event.time,
        priority=noun.priority,
        reason=f"{len(drifted)} window{'s' * (len(drifted) > 1)} drifted in a row ({columns}).",
        drifted_at=drifted[-1]["start"],
    )


def by_accuracy(event: Event, noun: OnAccuracyLoss, windows: Sequence[Window]) -> Fired | None:
    """The last windows with enough labels are too bad, all of them.

    Args:
        windows: those of the monitor, the latest first.
    """
    known = [
        (one, value)
        for one in windows
        if _same_version(one, event) and (value := _measured(one, noun)) is not None
    ]
    last = known[: noun.windows]
    if len(last) < noun.windows or not _is_among(event, [one for one, _ in last]):
        return None
    if not all(
        noun.is_due(
            value, _value(one.get("baseline_metrics"), noun.metric), worse=_is_worse(one, noun.metric)
        )
        for one, value in last
    ):
        return None
    latest, value = last[0]
    at_training = _value(latest.get("baseline_metrics"), noun.metric)
    before = "" if at_training is None else f", {at_training:.4g} on its own holdout"
    before += ", worse beyond chance" if _is_worse(latest, noun.metric) else ""
    return _of_window(
        f"{noun.name}",
        latest,
        at=event.time,
        priority=noun.priority,
        reason=f"{noun.metric} is {value:.4g}{before}.",
        about=f"-{noun.metric}",
    )


def _of_window(
    trigger: str,
    window: Window,
    *,
    at: datetime,
    priority: int,
    reason: str,
    drifted_at: str = "",
    about: str = "",
) -> Fired:
    name = f"{window.get('monitor', '')}-{window['start']}-{window['end']}"
    return Fired(
        # The window names the event: a window that is computed again, by late labels, starts nothing twice.
        event_id=f"{trigger}{about}-{name}",
        trigger=trigger,
        reason=reason,
        at=at,
        priority=priority,
        report=window.get("report", ""),
        labelled_until=window.get("labelled_until", ""),
        drifted_at=drifted_at,
        version=window.get("version", ""),
    )


def _same_version(window: Window, event: Event) -> bool:
    """What another version was found to do says nothing about the one that serves."""
    return window.get("version", "") == version_of(event)


def version_of(event: Event) -> str:
    """The version that an event of monitoring is about, or nothing."""
    return _text(event.detail.get("version"))


def _text(value: object) -> str:
    """A value as the audit table has it: nothing, and version 0, are the empty text."""
    return str(value) if value else ""


def _is_among(event: Event, windows: Iterable[Window]) -> bool:
    """Whether the event is about one of the windows: late labels of an old one start nothing now."""
    told = event.detail.get("window") or {}
    return any((one["start"], one["end"]) == (told.get("start"), told.get("end")) for one in windows)


def _columns(window: Window, wanted: Sequence[str]) -> list[str]:
    found: list[str] = json.loads(window.get("columns") or "[]")
    return [name for name in found if not wanted or name in wanted]


def _drifted(window: Window, wanted: Sequence[str]) -> bool:
    return window.get("drifted") == "true" and (not wanted or bool(_columns(window, wanted)))


def _measured(window: Window, noun: OnAccuracyLoss) -> float | None:
    """The metric over a window that has enough labels; one that gets them later is not judged before."""
    if int(window.get("labelled") or 0) < noun.least_rows:
        return None
    return _value(window.get("metrics"), noun.metric)


def _is_worse(window: Window, metric: str) -> bool:
    """Whether the monitor found the metric worse than on the holdout beyond chance."""
    return bool(json.loads(window.get("changes") or "{}").get(metric) == "worse")


def _value(metrics: str | None, name: str) -> float | None:
    found = json.loads(metrics or "{}").get(name)
    value = found.get("value") if isinstance(found, Mapping) else found
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
