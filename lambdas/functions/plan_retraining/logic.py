"""Decides what a retraining does. Pure functions of what was recorded and looked up."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from lambdas.aws.executions import NamedExecution
from lambdas.leases.requests import utc_text
from lambdas.planning import intervals
from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import decode_input
from lambdas.triggers.coalescing import ON_REQUEST, Past, Retraining, TriggerEvent, coalesce_triggers
from lambdas.triggers.store import History, PendingTrigger, TrainingData
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.payloads.codec import JsonValue, PayloadError, encode
from mdlc_constructs.settings.payloads.moments import parse_moment
from mdlc_constructs.settings.payloads.planning import ExecutionContext, Section
from mdlc_constructs.settings.payloads.retraining import (
    CoalescedTriggers,
    CountedData,
    ExecutionToFollow,
    RetrainingInput,
    RetrainingSections,
    RetrainingWork,
)
from mdlc_constructs.settings.training_window import window_from_payload

WAIT, NOTHING, REPLACED, TRAIN, TRAINED = "Wait", "Nothing", "Replaced", "Train", "Trained"
"""Next steps of a retraining: wait; end, because other executions do the work; end, because the version that
its triggers are about was replaced; train; use a training that has succeeded already."""

SUCCEEDED, LOST, UNCHANGED, DUPLICATE, FAILED = "Succeeded", "Lost", "Unchanged", "Duplicate", "Failed"
SUPERSEDED = "Superseded"

MAX_REASON_CHARACTERS = 1000
MAX_TRIGGERS = 50
"""Most triggers in the audit item and the events: a state's data and an event have at most 256 KiB."""


def checked_input(document: object) -> RetrainingInput:
    """The execution's decoded input, with normalized intervals.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    retraining = intervals.with_normalized_intervals(decode_input(RetrainingInput, document))
    try:
        for name in ("labelled_until", "drifted_at"):
            text = getattr(retraining, name)
            if text is not None:
                parse_moment(text, name)
    except PayloadError as error:
        raise InvalidInput(str(error)) from error
    return retraining


def requested_trigger(
    retraining: RetrainingInput, execution: ExecutionContext, priority: int
) -> TriggerEvent:
    """The trigger of an execution that was started by hand."""
    window, holdout = (
        json.dumps(encode(interval)) if interval else ""
        for interval in (retraining.window, retraining.holdout)
    )
    return TriggerEvent(
        event_id=f"request-{execution.name}",
        trigger=ON_REQUEST,
        reason=retraining.reason or retraining.trigger or "Asked for without a reason.",
        at=datetime.fromisoformat(execution.started_at),
        priority=priority,
        labelled_until=retraining.labelled_until or "",
        drifted_at=retraining.drifted_at or "",
        window=window,
        holdout=holdout,
    )


def next_retraining(
    model: str,
    left: Sequence[PendingTrigger],
    pending: Sequence[PendingTrigger],
    past: Past,
    patience: Patience,
    now: datetime,
) -> Retraining | None:
    """The next retraining: the one that a dead execution left, which has waited already, before new triggers.

    Args:
        left: the triggers that a dead execution claimed.
        pending: all triggers.
    """
    if left:
        events = [trigger.event for trigger in left]
        priority = max(event.priority for event in events)
        return Retraining(request_id=left[0].claimed_by, starts_at=now, priority=priority, events=events)
    unclaimed = [trigger.event for trigger in pending if not trigger.claimed_by]
    return coalesce_triggers(model, unclaimed, past, patience)


def waiting(retraining: Retraining, past: Past, now: datetime, *, resumed: bool = False) -> CoalescedTriggers:
    """The state machine's wait before a retraining, with the past that it was computed from."""
    return CoalescedTriggers(
        step=WAIT,
        request_id=retraining.request_id,
        priority=retraining.priority,
        seconds=max(0, ceil((retraining.starts_at - now).total_seconds())),
        past=past_text(past),
        resumed=resumed,
    )


def past_text(past: Past) -> str:
    """The end time of the last retraining as text, to detect that another one has ended since."""
    return utc_text(past.ended_at) if past.ended_at else ""


def chosen_intervals(
    settings: RetrainingSections,
    events: Sequence[TriggerEvent],
    now: datetime,
    *,
    known: Sequence[datetime] = (),
) -> dict[str, JsonValue]:
    """`window` and `holdout` of the training machine's input.

    The latest request that names intervals decides; otherwise the window ends with the last labels. Without a
    split by time there is no holdout: the training divides the window's rows by itself. Without a window,
    for a dataset without a timestamp, all rows are used.

    Args:
        known: times until which monitoring has labels; after a long cool-down later than in the triggers.
    """
    for event in sorted(events, key=lambda event: event.at, reverse=True):
        texts = {"window": event.window, "holdout": event.holdout}
        if any(texts.values()):
            return {name: json.loads(text) for name, text in texts.items() if text}
    if settings.window is None:
        return {}
    declared = now - timedelta(seconds=settings.label_delay)
    ends = [parse_moment(event.labelled_until) for event in events if event.labelled_until]
    if ends and not any(event.labelled_until for event in events if event.trigger == ON_REQUEST):
        ends += known
    # The end is exclusive, but the last labelled row belongs to the window, so one second is added. A time in
    # the future is an error in the labels.
    end = max((each + timedelta(seconds=1) if each < now else declared for each in ends), default=declared)
    drifts = [parse_moment(event.drifted_at) for event in events if event.drifted_at]
    intervals = window_from_payload(settings.window).intervals(end, min(drifts, default=None))
    return dict(intervals) if settings.by_time else {"window": intervals["window"]}


def work(
    retraining: Retraining,
    spans: Section,
    *,
    training: NamedExecution,
    release: NamedExecution | None,
    data: TrainingData,
) -> RetrainingWork:
    """Everything that the following states need.

    Args:
        spans: window and holdout, for a training that has not begun.
        training: the training's execution.
        release: the release's execution; None for batch inference.
        data: the number of files and bytes to train on.
    """
    texts = retraining.to_input()
    texts["reason"] = texts["reason"][:MAX_REASON_CHARACTERS]
    # With its first input, a running training is followed, and a stopped one continues where it ended.
    first = training.first_input
    training_input = {**spans, **texts} if first is None else json.loads(first)
    trained = _output(training)
    return RetrainingWork(
        step=TRAIN if trained is None else TRAINED,
        request_id=retraining.request_id,
        trigger=texts["trigger"],
        reason=texts["reason"],
        triggers=json.dumps([_kept(event) for event in retraining.events[:MAX_TRIGGERS]]),
        training=ExecutionToFollow(name=training.name, arn=training.arn, input=training_input),
        trained=trained,
        release=None if release is None else ExecutionToFollow(name=release.name, arn=release.arn),
        released=_output(release),
        window=json.dumps(training_input.get("window") or {}),
        holdout=json.dumps(training_input.get("holdout") or {}),
        counted=CountedData(files=data.files, size=data.size),
    )


def _output(named: NamedExecution | None) -> Section | None:
    """An execution's output; None unless it succeeded."""
    execution = named.begun if named is not None else None
    if execution is None or execution.status != "SUCCEEDED":
        return None
    output: Section = json.loads(execution.output)
    return output


def _kept(event: TriggerEvent) -> dict[str, str]:
    return {
        "trigger": event.trigger,
        "reason": event.reason,
        "at": utc_text(event.at),
        "report": event.report,
    }


def concluded(
    history: History, request_id: str, outcome: str, data: TrainingData | None, now: datetime
) -> History:
    """The history after a retraining has ended.

    Only a verdict on a challenger counts as won or lost. A failure, or work that was done before, starts the
    cool-down without changing its length.
    """
    if outcome in (SUCCEEDED, LOST):
        past = history.past.after(won=outcome == SUCCEEDED, at=now)
    else:
        past = Past(ended_at=now, losses=history.past.losses)
    return History(past=past, data=data or history.data, last_request=request_id)
