"""Starts the execution that handles pending triggers, and restarts one that was killed."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.aws.executions import Execution, NamesSpent, describe, ensure_running, is_running, latest
from lambdas.triggers.coalescing import Past, Retraining, coalesce_triggers
from lambdas.triggers.store import PendingTrigger, TriggerStore
from mdlc_constructs.settings.patience import Patience

FOR_PENDING = {"noted": True}
"""The input of an execution that only handles pending triggers, without a request of its own."""

MAX_STARTS = 6
"""Most executions for one request, including the first, until an event or a person starts it again."""

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

log = logging.getLogger(__name__)

_AT_ONCE = Patience(debounce=timedelta(0), cool_down=timedelta(0))


def abandoned(pending: Iterable[PendingTrigger], running: Callable[[str], bool]) -> list[PendingTrigger]:
    """The triggers of the oldest request whose execution has died; empty when all owners still run."""
    alive: dict[str, bool] = {}
    groups: dict[str, list[PendingTrigger]] = {}
    for trigger in pending:
        if not trigger.claimed_by:
            continue
        if trigger.owner not in alive:
            alive[trigger.owner] = running(trigger.owner)
        if not alive[trigger.owner]:
            groups.setdefault(trigger.claimed_by, []).append(trigger)
    return next(iter(groups.values()), [])


def start_pending(
    store: TriggerStore, stepfunctions: "SFNClient", machine_arn: str, *, besides: str = ""
) -> str | None:
    """The execution that handles unclaimed or abandoned triggers; started when none runs.

    Args:
        besides: ARN of an execution that is about to end and counts as ended.

    Returns:
        The execution's ARN; None without such triggers.
    """
    pending = store.pending()
    left = abandoned(pending, lambda arn: arn != besides and is_running(stepfunctions, arn))
    if left:
        last = describe(stepfunctions, left[0].worker or left[0].owner)
        return ensure_running(
            stepfunctions, machine_arn, left[0].claimed_by, FOR_PENDING, besides=besides, after=_ended(last)
        )
    unclaimed = _coalesce_unclaimed(store.model, pending)
    if unclaimed is None:
        return None
    return ensure_running(stepfunctions, machine_arn, unclaimed.request_id, FOR_PENDING, besides=besides)


def resume_pending(store: TriggerStore, stepfunctions: "SFNClient", machine_arn: str) -> str | None:
    """The execution that continues a killed retraining; None when no retraining was killed.

    Without it, the triggers would wait for the model's next event. A retraining that a person stopped, or
    that failed and recorded its failure, is not restarted here and does wait for that event. May be called at
    any time, also concurrently: all calls start an execution of the same name.
    """
    pending = store.pending()
    left = abandoned(pending, lambda arn: is_running(stepfunctions, arn))
    unclaimed = None if left else _coalesce_unclaimed(store.model, pending)
    if left:
        request_id = left[0].claimed_by
    elif unclaimed is not None:
        request_id = unclaimed.request_id
    else:
        return None
    for trigger in with_worker(pending, left, unclaimed):
        worker = trigger.worker or trigger.owner
        # Without a worker, the execution was killed before it recorded itself, or never started.
        execution = (
            describe(stepfunctions, worker) if worker else latest(stepfunctions, machine_arn, request_id)
        )
        if _is_left(execution, trigger):
            return _start_again(stepfunctions, machine_arn, request_id, execution)
    return None


def with_worker(
    pending: Iterable[PendingTrigger], left: Sequence[PendingTrigger], unclaimed: Retraining | None
) -> list[PendingTrigger]:
    """The triggers whose `worker` names an execution for a retraining: the first, and others with a worker.

    The others are requests by persons: an execution that waits for its cool-down does not handle a request
    that a person makes meanwhile, so that such a request has a worker of its own.

    Args:
        left: triggers that a dead execution had claimed; they come before new ones.
        unclaimed: the retraining for all other triggers.
    """
    if left or unclaimed is None:
        return list(left[:1])
    others = [trigger for trigger in pending if not trigger.claimed_by]
    first = next(trigger for trigger in others if trigger.event == unclaimed.events[0])
    return [first, *(trigger for trigger in others if trigger.worker and trigger is not first)]


def _is_left(worker: Execution | None, trigger: PendingTrigger) -> bool:
    if worker is None or worker.was_killed:
        return True
    # An execution that failed and still owns its triggers did not conclude: concluding deletes them.
    return worker.status == "FAILED" and bool(trigger.owner) and worker.arn == trigger.owner


def _start_again(
    stepfunctions: "SFNClient", machine_arn: str, request_id: str, killed: Execution | None
) -> str | None:
    try:
        # An execution of that name that was started before the kill waits for its own cool-down.
        return ensure_running(
            stepfunctions, machine_arn, request_id, FOR_PENDING, after=_ended(killed), starts=MAX_STARTS
        )
    except NamesSpent as error:
        log.error("%s Its triggers wait for the next event, or for somebody who starts the machine.", error)
        return None


def _ended(execution: Execution | None) -> datetime | None:
    return execution.stopped_at if execution is not None else None


def _coalesce_unclaimed(model: str, pending: Iterable[PendingTrigger]) -> Retraining | None:
    events = [trigger.event for trigger in pending if not trigger.claimed_by]
    return coalesce_triggers(model, events, Past(), _AT_ONCE)
