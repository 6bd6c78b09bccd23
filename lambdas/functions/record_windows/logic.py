"""A window's summary as metrics, as an event and as an item of the audit table. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mdlc_constructs.settings.monitor_metrics import (
    AT_TRAINING,
    ESTIMATED,
    MEASURED,
    METRIC,
    METRICS,
    MODEL,
    MONITOR,
    is_enough,
    value_of,
)

MOST_REASONS, MOST_CHARACTERS = 20, 4000
"""Of the reasons, in an event and an item: the report has them all."""

NOTHING: Mapping[str, Any] = {"rows": 0, "drifted": False, "columns": [], "reasons": [], "notes": []}
"""The summary of a window in which nothing was captured."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A window as it is kept and announced.

    Attributes:
        item: texts of the audit table's item, its key among them.
        detail: of the event.
        data: data points for CloudWatch.
    """

    item: Mapping[str, str]
    detail: Mapping[str, Any]
    data: tuple[Mapping[str, Any], ...]


def recorded(event: Mapping[str, Any], summary: Mapping[str, Any], now: datetime) -> Recorded:
    """What is kept of a window.

    Args:
        event: the machine's payload; see the handler.
        summary: what the monitor job wrote, or `NOTHING`.
    """
    window = event["window"]
    consistency = _consistency(window)
    whole = {**summary, **({"consistency": consistency} if consistency else {})}
    return Recorded(
        item=_item(event, summary, consistency, now),
        detail=_detail(event, summary),
        data=tuple(_data(event, whole, now)),
    )


def _consistency(window: Mapping[str, Any]) -> Mapping[str, Any]:
    """What replaying found, now or when the window was computed first."""
    found = window.get("consistency") or json.loads(window["kept"] or "{}")
    return dict(found)


def _accuracy(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = summary.get("accuracy") or {}
    return found


def _reasons(summary: Mapping[str, Any]) -> list[str]:
    reasons = [str(reason) for reason in summary.get("reasons") or []]
    more = len(reasons) - MOST_REASONS
    return reasons[:MOST_REASONS] + ([f"and {more} more"] if more > 0 else [])


def _version(window: Mapping[str, Any], summary: Mapping[str, Any]) -> int:
    """The version judged, which the job decides by the rows."""
    return int(summary.get("package_version") or window["version"] or 0)


def _item(
    event: Mapping[str, Any],
    summary: Mapping[str, Any],
    consistency: Mapping[str, Any],
    now: datetime,
) -> dict[str, str]:
    window, accuracy = event["window"], _accuracy(summary)
    folder, version = window["folder"], _version(window, summary)
    estimate: Mapping[str, Any] = summary.get("estimate") or {}

    def text(value: object) -> str:
        return "" if value is None else str(value)

    return {
        "pk": f"MODEL#{event['model']}",
        "sk": f"WINDOW#{event['monitor']}#{window['id']}",
        "schema_version": "1",
        "model": event["model"],
        "monitor": event["monitor"],
        "start": window["window"]["start"],
        "end": window["window"]["end"],
        "version": str(version) if version else "",
        "package_arn": window["package_arn"],
        "rows": str(summary["rows"]),
        "drifted": "true" if summary.get("drifted") else "false",
        "columns": json.dumps(list(summary.get("columns") or [])),
        "reasons": " ".join(_reasons(summary))[:MOST_CHARACTERS],
        "metrics": json.dumps(accuracy.get("metrics") or {}),
        "baseline_metrics": json.dumps(accuracy.get("baseline") or {}),
        "changes": json.dumps(accuracy.get("changes") or {}),
        "worse": text(accuracy.get("worse")).lower(),
        "estimates": json.dumps(estimate.get("metrics") or {}),
        "labelled": text(accuracy.get("labelled")),
        "coverage": text(accuracy.get("coverage")),
        "labelled_until": text(accuracy.get("labelled_until")),
        "served_version": window["served_version"],
        "labels_version": window["labels_version"],
        "consistency": json.dumps(consistency) if consistency else "",
        "report": f"{folder}report.json" if folder else "",
        "page": f"{folder}report.html" if folder else "",
        "digest": window["digest"],
        "computed_at": now.isoformat(timespec="seconds"),
        "announced": "",
        "planned_at": event["execution"]["started_at"],
        "execution_arn": event["execution"]["id"],
    }


def _detail(event: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    window, accuracy = event["window"], _accuracy(summary)
    folder = window["folder"]
    return {
        "model": event["model"],
        "execution": event["execution"]["id"],
        "monitor": event["monitor"],
        "window": window["window"],
        "update": window["update"],
        "version": _version(window, summary),
        "package_arn": window["package_arn"],
        "rows": summary["rows"],
        "drifted": bool(summary.get("drifted")),
        "columns": list(summary.get("columns") or []),
        "reasons": _reasons(summary),
        "metrics": accuracy.get("metrics") or {},
        "changes": accuracy.get("changes") or {},
        "worse": accuracy.get("worse"),
        "labelled": accuracy.get("labelled"),
        "coverage": accuracy.get("coverage"),
        "labelled_until": accuracy.get("labelled_until"),
        "report": f"{folder}report.json" if folder else "",
        "page": f"{folder}report.html" if folder else "",
    }


def _data(event: Mapping[str, Any], summary: Mapping[str, Any], now: datetime) -> Iterator[dict[str, Any]]:
    """Data points of now: alarms look at what became known, not at what is long past."""
    window, accuracy = event["window"], _accuracy(summary)
    moments = {
        "judged": not window["update"],
        "labelled": bool(accuracy.get("labelled")),
        "due": event["labels"] is not None
        and bool(accuracy)
        and datetime.fromisoformat(window["window"]["end"])
        + timedelta(seconds=event["labels"]["delay_seconds"])
        <= now,
    }
    own = {MODEL: event["model"], MONITOR: event["monitor"]}
    for metric in METRICS:
        value = value_of(metric, summary)
        if value is not None and moments[metric.moment] and is_enough(metric, summary, event["least_rows"]):
            yield _point(metric.name, value, own, now, metric.unit)
    measured = {}
    # A metric of a few labels says little, and would ring for it.
    if int(accuracy.get("labelled") or 0) >= event["least_rows"]:
        measured = {name: found.get("value") for name, found in (accuracy.get("metrics") or {}).items()}
    estimates: Mapping[str, Any] = {}
    if moments["judged"] and int(summary.get("rows") or 0) >= event["least_rows"]:
        estimates = (summary.get("estimate") or {}).get("metrics") or {}
    at_training = (accuracy.get("baseline") or {}) if moments["judged"] or measured else {}
    known = ((MEASURED, measured), (ESTIMATED, estimates), (AT_TRAINING, at_training))
    for name, values in known:
        for metric_name, value in values.items():
            if isinstance(value, int | float) and value == value:
                yield _point(name, float(value), {**own, METRIC: metric_name}, now, "None")


def _point(
    name: str, value: float, dimensions: Mapping[str, str], now: datetime, unit: str
) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        "Timestamp": now,
        "Value": value,
        "Unit": unit,
    }


def answer(window: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """What the machine hears of a recorded window."""
    return {
        "id": window["id"],
        "outcome": "Recorded",
        "rows": summary["rows"],
        "drifted": bool(summary.get("drifted")),
    }
