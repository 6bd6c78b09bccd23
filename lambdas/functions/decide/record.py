"""The record of a decision: the table's item, the answer to the caller, and the action's input.

A record is written before the action is called, on condition that the request has none. So a request has
exactly one decision, however often it is repeated and wherever a process dies:

- Before the record is written: nothing has happened. A repeated request is decided anew.
- Between record and action, or during the action: the action's state is `pending`. When the record is older
  than the settings' `again_after`, a repeated request calls the action again and gets the recorded decision.
  When it is younger, the action may still be running. The caller then gets an error and has to retry,
  because after an answer it would not retry an action that may still fail.
- Neither the action nor Lambda's queue accepted the call: the state is `failed`, and a repeated request calls
  the action at once.
- Between the action and the update of its state: as with `pending`; the action is called a second time. The
  request id is its idempotency key: by contract it does nothing for an id that it has handled already.

The idempotency utility of Powertools stores a function's answer only *after* it has run. A function that died
during the action would decide again, perhaps with another model, and its first decision would be unrecorded.
So the record itself is the idempotency record here.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from lambdas.functions.decide.steps import RULES_DOWN, Conclusion, Features, Row, Score
from lambdas.planning.items import Item
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.decision import DecideSettings, DecisionRecord

KEY = "request_id"
PENDING, QUEUED, DONE, FAILED, NONE = "pending", "queued", "done", "failed", "none"
"""States of the action: not known to have ended, in Lambda's queue, done, call failed, no action needed."""

ANSWERED = (
    "request_id",
    "decision",
    "score",
    "model_version",
    "rules_version",
    "fallback",
    "inference_id",
)
_TO_ACTION = (
    "request_id",
    "api",
    "model",
    "decision",
    "rule",
    "score",
    "model_version",
    "rules_version",
    "fallback",
    "row",
    "features",
    "at",
)
OF_CLASSES = ("prediction", "probabilities")
"""Answered, recorded and passed to the action only where the model's answer has several classes."""

_AS_JSON = ("row", "features", "defaults_used", "score", "probabilities")
"""Stored as JSON text: DynamoDB numbers have a smaller range than Python's floats."""


def make(
    *,
    request_id: str,
    row: Row,
    origin: Mapping[str, str],
    settings: DecideSettings,
    features: Features,
    score: Score,
    variant: str | None,
    conclusion: Conclusion,
    acts: bool,
    at: datetime,
) -> DecisionRecord:
    """The record of a decision.

    Args:
        origin: the names of the `api` and the `model`.
        acts: whether there is an action at all.
        at: the time of the decision, in UTC.
    """
    decisions, kept = settings.action.decisions, settings.kept
    asked_for = acts and (decisions is None or conclusion.decision in decisions)
    return DecisionRecord(
        request_id=request_id,
        inference_id=request_id,
        api=origin["api"],
        model=origin["model"],
        row=dict(row),
        features=features.values,
        defaults_used=features.defaults_used,
        score=score.value,
        prediction=score.prediction,
        probabilities=score.probabilities,
        model_version=score.model_version,
        variant=variant,
        rules_version=conclusion.rules_version,
        rule=conclusion.rule,
        decision=conclusion.decision,
        fallback=conclusion.fallback,
        action=PENDING if asked_for else NONE,
        at=at.isoformat(timespec="microseconds"),
        expires_at=None if kept is None else int((at + timedelta(seconds=kept)).timestamp()),
    )


def to_item(record: DecisionRecord) -> Item:
    """The record as a DynamoDB item."""
    return {name: _attribute(name, value) for name, value in encode(record).items()}


def from_item(item: Item) -> DecisionRecord:
    """The record of a DynamoDB item."""
    return decode(DecisionRecord, {name: _value(name, value) for name, value in item.items()})


def answer(record: DecisionRecord) -> dict[str, JsonValue]:
    """The answer to the caller."""
    return _named(record, ANSWERED)


def action_payload(record: DecisionRecord) -> dict[str, JsonValue]:
    """The action's input; `request_id` is its idempotency key."""
    return _named(record, _TO_ACTION)


def _named(record: DecisionRecord, names: Sequence[str]) -> dict[str, JsonValue]:
    classes = OF_CLASSES if record.prediction is not None else ()
    return {name: getattr(record, name) for name in (*names, *classes)}


def is_of(record: DecisionRecord, row: Row) -> bool:
    """Whether a recorded decision is about this row: a request id may not be used for another row.

    A record that the state machine wrote without the function has numbers of 15 digits.
    """
    if record.fallback == RULES_DOWN:
        return _shortened(record.row) == _shortened(row)
    return record.row == row


def _shortened(row: Row) -> dict[str, JsonValue]:
    return {
        # The state machine writes no number beyond the range of a float.
        name: float(f"{value:.15g}")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e308
        else value
        for name, value in row.items()
    }


def conflict(request_id: str) -> str:
    """The message to a caller whose request id was used for another row."""
    return f"request_id={request_id!r} was used for another row: give each request its own."


def acts_again(record: DecisionRecord, settings: DecideSettings, now: datetime) -> bool:
    """Whether a repeated request calls the action again."""
    if record.action != PENDING:
        return record.action == FAILED
    age = now - datetime.fromisoformat(record.at)
    return age >= timedelta(seconds=settings.action.again_after)


def is_under_way(record: DecisionRecord, settings: DecideSettings, now: datetime) -> bool:
    """Whether the action may still be running when a request is repeated."""
    return record.action == PENDING and not acts_again(record, settings, now)


def under_way(request_id: str, settings: DecideSettings) -> str:
    """The message to a caller who repeats a request while its action may still be running."""
    return (
        f"request_id={request_id!r} is decided and its action is under way: ask again with the same "
        f"request_id in {settings.action.again_after:g} s."
    )


def _attribute(name: str, value: JsonValue) -> dict[str, object]:
    if name in _AS_JSON:
        return {"S": json.dumps(value, allow_nan=False)}
    if value is None:
        return {"NULL": True}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _value(name: str, value: Mapping[str, object]) -> JsonValue:
    if name in _AS_JSON:
        return json.loads(str(value["S"]))
    if "N" in value:
        return int(str(value["N"]))
    return value.get("S")
