"""Entry point of the function that records triggers, called by EventBridge rules and by deployments.

A rule sends a `TriggerRequest`. A deployment sends its fields as the properties of a custom resource, with a
digest of the training's definition.
"""

import time
from collections.abc import Iterable, Mapping

from aws_lambda_powertools import Logger

from lambdas.aws import custom_resource
from lambdas.aws.clients import client
from lambdas.functions.record_trigger import logic
from lambdas.planning.audit import champion_version, latest_windows
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.items import texts_of
from lambdas.triggers.coalescing import TriggerEvent, is_replaced
from lambdas.triggers.dataset_size import dataset_size
from lambdas.triggers.starting import resume_pending, start_pending
from lambdas.triggers.store import TriggerStore
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.monitoring import WindowItem
from mdlc_constructs.settings.payloads.retraining import TriggerRequest, TriggerResult
from mdlc_constructs.settings.triggers import (
    MAX_WINDOWS,
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnSchedule,
    Trigger,
    decode_trigger,
)

logger = Logger(service="record-trigger")

MAX_LOOKS, LOOK_SECONDS = 20, 1.0
"""How often, and at which interval, to read an item that is written after its event."""

MAX_WINDOWS_READ = 2 * MAX_WINDOWS
"""More than a trigger needs, because windows without traffic or of another version do not count."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue] | None:
    """Record the triggers that the event fires, or restart a killed retraining; returns its execution."""
    if "RequestType" in event:
        custom_resource.respond(event, lambda: _deployed(event), kind="retraining", logger=logger)
        return None
    request = decode(TriggerRequest, event)
    if request.resume:
        return _resume(request)
    return encode(_record(request, _fired(request)))


def _record(request: TriggerRequest, fired: Iterable[TriggerEvent]) -> TriggerResult:
    store, events = _store(request), list(fired)
    new = [event.event_id for event in events if store.record(event, utc_now())]
    # Also for triggers recorded before: the function may have died before it started an execution.
    execution = start_pending(store, client("stepfunctions"), request.machine) if events else None
    logger.info("recorded", extra={"fired": [event.event_id for event in events], "new": new})
    return TriggerResult(fired=len(events), new=len(new), execution=execution)


def _resume(request: TriggerRequest) -> dict[str, JsonValue]:
    """Start the retraining that was killed or never started; returns its execution, None without one."""
    execution = resume_pending(_store(request), client("stepfunctions"), request.machine)
    logger.info("looked for work that nobody does", extra={"execution": execution})
    return {"execution": execution}


def _store(request: TriggerRequest) -> TriggerStore:
    return TriggerStore(dynamodb=client("dynamodb"), table=request.table, model=request.model)


def _fired(request: TriggerRequest) -> list[TriggerEvent]:
    source = logic.SourceEvent.of(request.event or {})
    triggers = [decode_trigger(document) for document in request.triggers]
    events = [_event_of(trigger, source, request) for trigger in triggers]
    return [event for event in events if event is not None]


def _event_of(trigger: Trigger, source: logic.SourceEvent, request: TriggerRequest) -> TriggerEvent | None:
    if isinstance(trigger, OnSchedule):
        return logic.schedule_trigger(source, schedule=trigger.schedule, priority=trigger.priority)
    if isinstance(trigger, OnNewData):
        data = dataset_size(client("s3"), request.dataset)
        return logic.new_data_trigger(source, trigger, data, _store(request).history())
    if _is_replaced(request, source):
        return None
    if isinstance(trigger, OnDrift):
        return logic.drift_trigger(source, trigger, _windows(request, source))
    if isinstance(trigger, OnAccuracyLoss):
        for _ in range(MAX_LOOKS):
            windows = _windows(request, source)
            if not logic.lacks_baseline(source, trigger, windows):
                break
            # The window's item is written right after the event.
            time.sleep(LOOK_SECONDS)
        return logic.accuracy_loss_trigger(source, trigger, windows)
    return None


def _is_replaced(request: TriggerRequest, source: logic.SourceEvent) -> bool:
    """Whether the event's window is about a version that is not the champion."""
    champion = champion_version(client("dynamodb"), request.table, request.model)
    return is_replaced(logic.version_of(source), champion)


def _windows(request: TriggerRequest, source: logic.SourceEvent) -> list[logic.MonitoredWindow]:
    """The monitor's windows as the audit table and the event have them, the latest first."""
    monitor = "" if source.completed is None else source.completed.monitor
    items = latest_windows(client("dynamodb"), request.table, request.model, monitor, MAX_WINDOWS_READ)
    windows = [logic.MonitoredWindow.of_item(decode(WindowItem, texts_of(item))) for item in items]
    return logic.with_event_window(source, windows)


def _deployed(event: Mapping[str, JsonValue]) -> str:
    """Handle the creation, update or deletion of the custom resource; only another digest is a trigger.

    CloudFormation updates the resource for its other properties, too: a new function, or a new priority.
    """
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Update" or properties["Digest"] == event["OldResourceProperties"]["Digest"]:
        return ""
    request = decode(TriggerRequest, properties)
    trigger = next(
        each
        for each in (decode_trigger(_numbered(document)) for document in request.triggers)
        if isinstance(each, OnCodeChange)
    )
    fired = logic.code_change_trigger(
        event["RequestId"], properties["Digest"], at=utc_now(), priority=trigger.priority
    )
    _record(request, [fired])
    return ""


def _numbered(document: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The trigger with its priority as a number: CloudFormation sends numbers as text."""
    return {**document, "priority": int(document["priority"])}
