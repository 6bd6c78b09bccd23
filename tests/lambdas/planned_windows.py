"""What the planner of windows is tested on: a champion whose answers were captured yesterday."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.aws import tags
from lambdas.functions.plan_monitoring import handler
from lambdas.functions.plan_monitoring.windows import Window
from lambdas.functions.record_windows import logic as recording
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.monitoring import RecordRequest, WindowSummary
from tests.lambdas.monitored import DAY, NOW, Services, event

YESTERDAY = Window(NOW.replace(hour=0, minute=0) - DAY, NOW.replace(hour=0, minute=0))
NOON = YESTERDAY.start + timedelta(hours=12)
ASKED = {"window": vars(YESTERDAY.bounds)}


def prepared(monkeypatch: pytest.MonkeyPatch) -> Services:
    """A champion with a baseline, whose answers were captured yesterday, and the labels of the day before."""
    found = Services()
    found.sagemaker.package(1)
    found.dynamodb.champion(1)
    found.s3.captured(NOON)
    found.s3.put("s3://labels-bucket/late/1.csv", "a")
    monkeypatch.setattr(handler, "client", found.client)
    monkeypatch.setattr(tags, "utc_now", lambda: NOW)
    return found


def plan(**changes: Any) -> dict[str, Any]:
    found = handler.handler(event(**changes), None)
    # What Step Functions hands on is JSON of at most 256 KiB.
    assert len(json.dumps(found)) < 256 * 1024
    return found


def recorded(window: dict[str, Any], monitor: str = "endpoint", **summary: Any) -> recording.WindowOutputs:
    """What the recorder keeps of a window."""
    document = {
        "model": "flights",
        "monitor": monitor,
        "bucket": "b",
        "table": "audit",
        "execution": {"id": "x", "started_at": "2026-03-05T00:20:00.000Z"},
        "labels": {"delay_seconds": 0},
        "least_rows": 1,
        "window": window,
    }
    return recording.window_outputs(decode(RecordRequest, document), decode(WindowSummary, summary), NOW)


def record(services: Services, window: dict[str, Any], **summary: Any) -> None:
    """Record a window as the recorder does."""
    found = recorded(window, **({"rows": 1, **summary} if window["job"] else {}))
    item = encode(replace(found.item, announced=NOW.isoformat()))
    services.dynamodb.items[found.item.sk] = {name: {"S": text} for name, text in item.items()}


def tomorrow(days: int = 1) -> dict[str, str]:
    return {"id": "y", "started_at": f"{NOW + days * DAY:%Y-%m-%dT%H:%M:%S.000Z}"}


def days_before(days: int) -> Window:
    return Window(YESTERDAY.start - days * DAY, YESTERDAY.end - days * DAY)


def without_captures(services: Services) -> dict[str, Any]:
    kept = dict(services.s3.objects)
    services.s3.objects.clear()
    (window,) = plan()["windows"]
    services.s3.objects.update(kept)
    return dict(window)
