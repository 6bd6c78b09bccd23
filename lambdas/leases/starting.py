"""Which triggers wait to be worked for, and the execution that does it."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from lambdas.executions import ensure_running, is_running
from lambdas.leases.gathering import Past, gathered
from lambdas.leases.noted import Noted, Notes
from mdlc_constructs.settings.patience import Patience

NOTED = {"noted": True}
"""The input of an execution that works for what was noted, and asks for nothing of its own."""

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
    free = gathered(notes.model, [one.fired for one in noted if not one.claimed_by], Past(), _AT_ONCE)
    request_id = left[0].claimed_by if left else free.request_id if free else None
    if request_id is None:
        return None
    return ensure_running(stepfunctions, machine_arn, request_id, NOTED, besides=besides)
