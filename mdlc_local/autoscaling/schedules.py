"""PutScheduledAction, DeleteScheduledAction, DescribeScheduledActions, and the execution of due actions.

`at(...)` and `cron(...)` use the real clock in the action's time zone. A `rate(...)` is an interval, which is
divided by the server's time scale like every other wait.
"""

import datetime
import importlib
import re
import uuid
import zoneinfo
from typing import Any

from mdlc_local import clock, options, patches
from mdlc_local.autoscaling import counts, store, targets
from mdlc_local.autoscaling.store import Schedule, Target
from mdlc_local.errors import ApiError, invalid
from mdlc_local.sagemaker.endpoints import hosting
from mdlc_local.scopes import Scope

EVENTS = "ministack.services.eventbridge"
_CRON = (("_parse_cron_fields", "expr"), ("_cron_next_fire", "fields after_dt"))
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)\)")
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_BOUNDS = ("MinCapacity", "MaxCapacity")


def check_seams() -> None:
    """Check that ministack's functions for cron expressions have the expected parameters.

    Raises:
        PatchMovedError: when they do not.
    """
    for attribute, parameters in _CRON:
        patches.take(EVENTS, attribute, parameters)


def put(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """PutScheduledAction; for an existing action, members that the request omits are kept.

    Raises:
        ApiError: ObjectNotFoundException without a scalable target, ValidationException for an
            invalid schedule.
    """
    target = targets.existing(request, scope)
    name = request["ScheduledActionName"]
    old = target.schedules.get(name)
    whole = {**(old.request if old else {}), **request}
    bounds = whole.get("ScalableTargetAction") or {}
    if "Schedule" not in whole or not any(bound in bounds for bound in _BOUNDS):
        raise invalid("Schedule and ScalableTargetAction with a minimum or maximum must be specified.")
    minimum, maximum = (bounds.get(_BOUNDS[0], target.minimum), bounds.get(_BOUNDS[1], target.maximum))
    hosted = hosting.find(target.endpoint, scope)
    config = hosted.fleet.config if hosted is not None and hosted.fleet is not None else {}
    targets.check_bounds(minimum, max(minimum, maximum), asynchronous="AsyncInferenceConfig" in config)
    schedule = Schedule(
        arn=old.arn if old else _arn(target, name),
        request=whole,
        due=due(whole, clock.now()),
        created=old.created if old else clock.now(),
    )
    with store.lock:
        target.schedules[name] = schedule
    return {}


def due(request: dict[str, Any], after: datetime.datetime) -> datetime.datetime | None:
    """The first time after `after` at which an action is due, or None when there is none.

    Args:
        request: the action, with Schedule, Timezone, StartTime and EndTime.
        after: a time in UTC.

    Raises:
        ApiError: ValidationException for an invalid schedule or time zone.
    """
    try:
        zone = zoneinfo.ZoneInfo(request.get("Timezone") or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise invalid(f"Timezone {request['Timezone']} is not valid.") from error
    if "StartTime" in request:
        after = max(after, clock.moment(request["StartTime"]) - datetime.timedelta(seconds=1))
    fires_at = _next(request["Schedule"], after, zone)
    if fires_at is not None and "EndTime" in request and fires_at > clock.moment(request["EndTime"]):
        return None
    return fires_at


def _next(schedule: str, after: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime | None:
    if match := _AT.fullmatch(schedule):
        moment = datetime.datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(datetime.UTC)
        return moment if moment > after else None
    if match := _RATE.fullmatch(schedule):
        interval = datetime.timedelta(**{f"{match[2]}s": int(match[1])})
        return after + interval / options.current().time_scale
    events = importlib.import_module(EVENTS)
    fields = events._parse_cron_fields(schedule)
    if fields is None:
        raise invalid(
            f"{schedule} is no schedule: give at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(...)."
        )
    # Computed in local time without the zone's offset, because the offset may change before the next time.
    local = after.astimezone(zone).replace(tzinfo=datetime.UTC)
    fires_at: datetime.datetime | None = events._cron_next_fire(fields, local)
    return None if fires_at is None else fires_at.replace(tzinfo=zone).astimezone(datetime.UTC)


def carry_out(target: Target, now: datetime.datetime) -> None:
    """Execute the actions that are due: change the bounds, and scale the instance count into them."""
    for name, schedule in list(target.schedules.items()):
        if schedule.due is None or schedule.due > now:
            continue
        schedule.due = due(schedule.request, now)
        if target.suspended.get("ScheduledScalingSuspended"):
            continue
        bounds = schedule.request["ScalableTargetAction"]
        with store.lock:
            target.minimum = bounds.get("MinCapacity", target.minimum)
            target.maximum = max(bounds.get("MaxCapacity", target.maximum), target.minimum)
        counts.keep_within(target, f"scheduled action name {name} was triggered")


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteScheduledAction.

    Raises:
        ApiError: ObjectNotFoundException.
    """
    target = targets.existing(request, scope)
    with store.lock:
        if target.schedules.pop(request["ScheduledActionName"], None) is None:
            raise ApiError(
                "ObjectNotFoundException",
                f"No scheduled action found for resource ID: {target.resource_id}: "
                f"{request['ScheduledActionName']}",
            )
    return {}


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeScheduledActions."""
    names = request.get("ScheduledActionNames")
    return {
        "ScheduledActions": [
            {**schedule.request, "ScheduledActionARN": schedule.arn, "CreationTime": schedule.created}
            for target in targets.asked_for(request, scope)
            for name, schedule in target.schedules.items()
            if not names or name in names
        ]
    }


def _arn(target: Target, name: str) -> str:
    here = f"arn:aws:autoscaling:{target.scope.region}:{target.scope.account}:scheduledAction:{uuid.uuid4()}"
    return f"{here}:resource/{store.NAMESPACE}/{target.resource_id}:scheduledActionName/{name}"
