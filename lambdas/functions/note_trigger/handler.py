"""Entry point of what notes triggers: an event's rule or a deployment calls it.

Both hand over `table`, `model`, `machine`, the declared `triggers`, the `dataset`'s URI, and the `event`. A
rule by the clock hands over `table`, `model`, `machine` and `resume`, and nothing is noted.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.aws.custom_resource import answer
from lambdas.functions.note_trigger import logic
from lambdas.planning.audit import champion_version
from lambdas.planning.execution_plan import utc_now
from lambdas.triggers.coalescing import Fired, is_replaced
from lambdas.triggers.dataset_size import counted
from lambdas.triggers.starting import resume_pending, start_pending
from lambdas.triggers.store import Notes
from mdlc_constructs.settings.triggers import (
    MAX_WINDOWS,
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnSchedule,
    Trigger,
    trigger_from_plan,
)

logger = Logger(service="note-trigger")

MOST_LOOKS, LOOK_SECONDS = 20, 1.0
"""How often, and how far apart, is looked for an item that comes after its event."""

LOOKED_AT = 2 * MAX_WINDOWS
"""Windows that are read: those without traffic, or of another version, do not count."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """Note what the event makes fire, or resume what was killed; says which execution works for it."""
    if "RequestType" in event:
        _deployed(event)
        return None
    if event.get("resume"):
        return _resume(event)
    return _note(event, _fired(event))


def _note(plan: Mapping[str, Any], fired: Iterable[Fired]) -> dict[str, Any]:
    dynamodb, stepfunctions = client("dynamodb"), client("stepfunctions")
    notes = Notes(dynamodb=dynamodb, table=plan["table"], model=plan["model"])
    all_fired = list(fired)
    new = [one.event_id for one in all_fired if notes.note(one, utc_now())]
    # Also for what was noted before: who noted it may have died before it started anything.
    execution = start_pending(notes, stepfunctions, plan["machine"]) if all_fired else None
    logger.info("noted", extra={"fired": [one.event_id for one in all_fired], "new": new})
    return {"fired": len(all_fired), "new": len(new), "execution": execution}


def _resume(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Start again what was killed, or was never started."""
    stepfunctions = client("stepfunctions")
    notes = Notes(dynamodb=client("dynamodb"), table=plan["table"], model=plan["model"])
    execution = resume_pending(notes, stepfunctions, plan["machine"])
    logger.info("looked for work that nobody does", extra={"execution": execution})
    return {"execution": execution}


def _fired(plan: Mapping[str, Any]) -> list[Fired]:
    event = logic.Event.of(plan["event"])
    found: list[Fired | None] = []
    for noun in [trigger_from_plan(one) for one in plan["triggers"]]:
        found.append(_of(noun, event, plan))
    return [one for one in found if one is not None]


def _of(noun: Trigger, event: logic.Event, plan: Mapping[str, Any]) -> Fired | None:
    if isinstance(noun, OnSchedule):
        return logic.by_schedule(event, schedule=noun.schedule, priority=noun.priority)
    if isinstance(noun, OnNewData):
        history = Notes(dynamodb=client("dynamodb"), table=plan["table"], model=plan["model"]).history()
        return logic.by_new_data(event, noun, counted(client("s3"), plan["dataset"]), history)
    if _is_replaced(plan, event):
        return None
    if isinstance(noun, OnDrift):
        return logic.by_drift(event, noun, _windows(plan, event))
    if isinstance(noun, OnAccuracyLoss):
        for _ in range(MOST_LOOKS):
            windows = _windows(plan, event)
            if not logic.lacks_baseline(event, noun, windows):
                break
            # The item is written right after the event.
            time.sleep(LOOK_SECONDS)
        return logic.by_accuracy(event, noun, windows)
    return None


def _is_replaced(plan: Mapping[str, Any], event: logic.Event) -> bool:
    """Whether the window is one of a version that is not the champion, or is no more."""
    champion = champion_version(client("dynamodb"), plan["table"], plan["model"])
    return is_replaced(logic.version_of(event), champion)


def _windows(plan: Mapping[str, Any], event: logic.Event) -> list[logic.Window]:
    """The monitor's windows as the audit table and the event have them, the latest first."""
    answer_ = client("dynamodb").query(
        TableName=plan["table"],
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={
            ":pk": {"S": f"MODEL#{plan['model']}"},
            ":sk": {"S": f"WINDOW#{event.detail.get('monitor', '')}#"},
        },
        ScanIndexForward=False,
        Limit=LOOKED_AT,
    )
    items = [{name: next(iter(value.values())) for name, value in item.items()} for item in answer_["Items"]]
    return logic.told(event, items)


def _deployed(event: Mapping[str, Any]) -> None:
    """A deployment made, changed or deleted the custom resource; only a change is a reason to train."""
    try:
        if event["RequestType"] == "Update":
            plan = event["ResourceProperties"]
            noun = next(
                one
                for one in (trigger_from_plan(_numbered(given)) for given in plan["triggers"])
                if isinstance(one, OnCodeChange)
            )
            fired = logic.by_code(event["RequestId"], plan["Digest"], at=utc_now(), priority=noun.priority)
            _note(plan, [fired])
    except Exception as error:
        # Unanswered, CloudFormation would wait for an hour.
        logger.exception("a changed training was not noted")
        answer(event, "FAILED", f"{type(error).__name__}: {error}", kind="retraining")
        return
    answer(event, "SUCCESS", "", kind="retraining")


def _numbered(plan: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation hands every number over as text."""
    return {**plan, "priority": int(plan["priority"])}
