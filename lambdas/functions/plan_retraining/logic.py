"""What a retraining is made of: pure decisions over what was noted and looked up."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from lambdas.aws.executions import Standing
from lambdas.leases.requests import moment
from lambdas.planning import intervals
from lambdas.planning.audit import in_utc
from lambdas.planning.execution_plan import checked_object
from lambdas.triggers.coalescing import ON_REQUEST, Fired, Past, Retraining, gathered
from lambdas.triggers.store import History, Noted, Trained
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.training_window import window_from_plan

INPUT_KEYS = ("window", "holdout", "labelled_until", "drifted_at", "noted")
"""The input contract besides the texts for the audit; `noted` is set by what notes triggers."""

WAIT, NOTHING, REPLACED, TRAIN, TRAINED = "Wait", "Nothing", "Replaced", "Train", "Trained"
"""How a retraining goes on: later; not at all, since others do it; not at all, since the version that it was
for is replaced; with its training; with a training that is done."""

SUCCEEDED, LOST, UNCHANGED, DUPLICATE, FAILED = "Succeeded", "Lost", "Unchanged", "Duplicate", "Failed"
SUPERSEDED = "Superseded"

LONGEST_REASON = 1000
MOST_TOLD = 50
"""Triggers that the audit item and the events hold: a state's data and an event have at most 256 KiB."""


def checked_input(value: object) -> dict[str, Any]:
    """The execution's input, or an error that names the key, its value and the remedy.

    Raises:
        InvalidInput: for anything but an object with the contract's keys.
    """
    given = checked_object(value, INPUT_KEYS)
    spans = {name: given[name] for name in intervals.INPUT_KEYS if given.get(name) is not None}
    given.update({name: intervals.checked_input(spans)[name] for name in spans})
    for name in ("labelled_until", "drifted_at"):
        intervals.moment_of(name, given.get(name))
    return given


def asked(given: Mapping[str, Any], execution: Mapping[str, str], priority: int) -> Fired:
    """What somebody asks for who starts the machine by hand."""
    reason = given.get("reason") or given.get("trigger") or "Asked for without a reason."
    return Fired(
        event_id=f"request-{execution['name']}",
        trigger=ON_REQUEST,
        reason=reason,
        at=datetime.fromisoformat(execution["started_at"]),
        priority=priority,
        labelled_until=str(given.get("labelled_until") or ""),
        drifted_at=str(given.get("drifted_at") or ""),
        **{name: json.dumps(given[name]) for name in intervals.INPUT_KEYS if given.get(name)},
    )


def wanted(
    model: str, left: Sequence[Noted], noted: Sequence[Noted], past: Past, patience: Patience, now: datetime
) -> Retraining | None:
    """The retraining to work for: first what a dead execution left, which has waited already.

    Args:
        left: the triggers that a dead execution claimed.
        noted: all triggers.
    """
    if left:
        fired = [one.fired for one in left]
        priority = max(one.priority for one in fired)
        return Retraining(request_id=left[0].claimed_by, starts_at=now, priority=priority, fired=fired)
    return gathered(model, [one.fired for one in noted if not one.claimed_by], past, patience)


def waiting(retraining: Retraining, past: Past, now: datetime) -> dict[str, Any]:
    """How long the machine waits, and the past that this follows from."""
    return {
        "step": WAIT,
        "request_id": retraining.request_id,
        "priority": retraining.priority,
        "seconds": max(0, ceil((retraining.starts_at - now).total_seconds())),
        "past": told_past(past),
    }


def told_past(past: Past) -> str:
    """What changes when a retraining ends."""
    return moment(past.ended_at) if past.ended_at else ""


def chosen_intervals(
    plan: Mapping[str, Any],
    fired: Sequence[Fired],
    now: datetime,
    *,
    by_time: bool,
    known: Sequence[datetime] = (),
) -> dict[str, Any]:
    """`window` and `holdout` of the training machine's input.

    What somebody asked for goes first, the latest of them; else the window ends where labels do.

    Args:
        plan: the window and the label delay.
        by_time: whether the training's split takes a holdout; otherwise the last of the window's rows judge.
        known: up to when monitoring knows labels by now: after a long cool-down, later than triggers say.
    """
    for one in sorted(fired, key=lambda one: one.at, reverse=True):
        given = {name: json.loads(getattr(one, name)) for name in ("window", "holdout") if getattr(one, name)}
        if given:
            return given
    declared = now - timedelta(seconds=plan["label_delay"])
    ends = [in_utc(one.labelled_until) for one in fired if one.labelled_until]
    if ends and not any(one.labelled_until for one in fired if one.trigger == ON_REQUEST):
        ends += known
    # The end is excluded, and the last row that has a label is not. One in the future is a label's mistake.
    end = max((one + timedelta(seconds=1) if one < now else declared for one in ends), default=declared)
    drifts = [in_utc(one.drifted_at) for one in fired if one.drifted_at]
    found: dict[str, Any] = dict(window_from_plan(plan["window"]).intervals(end, min(drifts, default=None)))
    return found if by_time else {"window": found["window"]}


def work(
    retraining: Retraining,
    spans: Mapping[str, Any],
    *,
    training: Standing,
    release: Standing | None,
    counted: Trained,
) -> dict[str, Any]:
    """Everything the following states need.

    Args:
        spans: window and holdout of a training that has not begun.
        training: how the training stands.
        release: how the release stands; None for batch inference.
        counted: what there is to train on.
    """
    texts = retraining.to_input()
    texts["reason"] = texts["reason"][:LONGEST_REASON]
    # The same input is the same work: what runs is followed, and what was stopped goes on where it stood.
    first = training.first_input
    given = {**spans, **texts} if first is None else json.loads(first)
    done, ended = _output(training), _output(release)
    return {
        "step": TRAIN if done is None else TRAINED,
        "request_id": retraining.request_id,
        "trigger": texts["trigger"],
        "reason": texts["reason"],
        "triggers": json.dumps([_told(one) for one in retraining.fired[:MOST_TOLD]]),
        "training": {"name": training.name, "arn": training.arn, "input": given},
        "trained": done,
        "release": {"name": release.name, "arn": release.arn} if release is not None else None,
        "released": ended,
        "window": json.dumps(given.get("window") or {}),
        "holdout": json.dumps(given.get("holdout") or {}),
        "counted": {"files": counted.files, "size": counted.size},
    }


def _output(standing: Standing | None) -> dict[str, Any] | None:
    """What an execution that succeeded ended with."""
    begun = standing.begun if standing is not None else None
    if begun is None or begun.status != "SUCCEEDED":
        return None
    found: dict[str, Any] = json.loads(begun.output)
    return found


def _told(one: Fired) -> dict[str, str]:
    return {"trigger": one.trigger, "reason": one.reason, "at": moment(one.at), "report": one.report}


def concluded(
    history: History, request_id: str, outcome: str, trained: Trained | None, now: datetime
) -> History:
    """The history once a retraining has ended.

    Only a verdict on a challenger counts as won or lost: a failure, or work that was done before, starts the
    cool-down and lets it be as long as it was.
    """
    if outcome in (SUCCEEDED, LOST):
        past = history.past.after(won=outcome == SUCCEEDED, at=now)
    else:
        past = Past(ended_at=now, losses=history.past.losses)
    return History(past=past, trained=trained or history.trained, last_request=request_id)
