"""Which triggers wait to be worked for, and the execution that does it."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from lambdas.aws.executions import Execution, NamesSpent, described, ensure_running, is_running, latest
from lambdas.triggers.coalescing import Past, Retraining, gathered
from lambdas.triggers.store import Noted, Notes
from mdlc_constructs.settings.patience import Patience

NOTED = {"noted": True}
"""The input of an execution that works for what was noted, and asks for nothing of its own."""

MAX_STARTS = 6
"""How often work is started, the first time included, without an event or a person who asks for it."""

log = logging.getLogger(__name__)

_AT_ONCE = Patience(debounce=timedelta(0), cool_down=timedelta(0))


def abandoned(noted: Iterable[Noted], running: Callable[[str], bool]) -> list[Noted]:
    """The triggers of the oldest request whose execution died; none when all that claimed are alive."""
    alive: dict[str, bool] = {}
    groups: dict[str, list[Noted]] = {}
    for one in noted:
        if not one.claimed_by:
            continue
        if one.owner not in alive:
            alive[one.owner] = running(one.owner)
        if not alive[one.owner]:
            groups.setdefault(one.claimed_by, []).append(one)
    return next(iter(groups.values()), [])


def start_pending(notes: Notes, stepfunctions: Any, machine_arn: str, *, besides: str = "") -> str | None:
    """The execution that works for what nobody works for yet, started when there is none; None for nothing.

    Args:
        besides: an execution that is about to end.
    """
    noted = notes.noted()
    left = abandoned(noted, lambda arn: arn != besides and is_running(stepfunctions, arn))
    if left:
        last = described(stepfunctions, left[0].worker or left[0].owner)
        return ensure_running(
            stepfunctions, machine_arn, left[0].claimed_by, NOTED, besides=besides, after=_ended(last)
        )
    free = _free(notes.model, noted)
    if free is None:
        return None
    return ensure_running(stepfunctions, machine_arn, free.request_id, NOTED, besides=besides)


def resume_pending(notes: Notes, stepfunctions: Any, machine_arn: str) -> str | None:
    """The execution that goes on with what a killed one left; None when there is nothing to go on with.

    Nothing else looks at the triggers before the model's next event. What was stopped for good waits for that
    event, and so does a retraining that failed, which is on record. May be called at any time and twice at
    once: whoever looks starts the same name.
    """
    noted = notes.noted()
    left = abandoned(noted, lambda arn: is_running(stepfunctions, arn))
    free = None if left else _free(notes.model, noted)
    if left:
        request_id = left[0].claimed_by
    elif free is not None:
        request_id = free.request_id
    else:
        return None
    for one in followed(noted, left, free):
        worker = one.worker or one.owner
        # Without a worker it was killed before it said so, or never started.
        found = described(stepfunctions, worker) if worker else latest(stepfunctions, machine_arn, request_id)
        if _is_left(found, one):
            return _start_again(stepfunctions, machine_arn, request_id, found)
    return None


def followed(noted: Iterable[Noted], left: Sequence[Noted], free: Retraining | None) -> list[Noted]:
    """The triggers that say who works for a retraining: the first, which names it, and those of persons.

    A person who starts the machine while an execution waits for its cool-down is not waited for by that one.

    Args:
        left: what a dead execution had claimed, which goes before anything new.
        free: the retraining of all others.
    """
    if left or free is None:
        return list(left[:1])
    unclaimed = [one for one in noted if not one.claimed_by]
    first = next(one for one in unclaimed if one.fired == free.fired[0])
    return [first, *(one for one in unclaimed if one.worker and one is not first)]


def _is_left(worker: Execution | None, one: Noted) -> bool:
    if worker is None or worker.was_killed:
        return True
    # One that claimed and failed could not conclude: a conclusion deletes what it was for.
    return worker.status == "FAILED" and bool(one.owner) and worker.arn == one.owner


def _start_again(
    stepfunctions: Any, machine_arn: str, request_id: str, killed: Execution | None
) -> str | None:
    try:
        # One of that name that ran before the kill waits for its own cool-down.
        return ensure_running(
            stepfunctions, machine_arn, request_id, NOTED, after=_ended(killed), starts=MAX_STARTS
        )
    except NamesSpent as error:
        log.error("%s Its triggers wait for the next event, or for somebody who starts the machine.", error)
        return None


def _ended(execution: Execution | None) -> datetime | None:
    return execution.stopped_at if execution is not None else None


def _free(model: str, noted: Iterable[Noted]) -> Retraining | None:
    return gathered(model, [one.fired for one in noted if not one.claimed_by], Past(), _AT_ONCE)
