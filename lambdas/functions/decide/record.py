"""The record of a decision: what the table keeps, what the caller gets, what the action is called with.

A record is written before anything is done, under the condition that the request has none. So a request has
one decision, however often it is repeated and wherever a process dies:

- Before the record: nothing happened. A repeated request is decided anew.
- Between record and action, or in the action: the record says `pending`. A repeated request calls the action
  again when the record is older than the settings' `again_after`, and answers with the recorded decision. A
  younger one's action is taken to be under way: the caller is asked to come again, because an answer would
  end its attempts while nobody knows whether the action will be done.
- Neither the action nor Lambda's queue took the call: the record says `failed`, and a repeated request calls
  the action at once.
- Between action and the note that it is done: as before; the action is called a second time. It is called
  with the request's id as its key and does nothing for a key that it has done, by contract: at least once
  with a key is once.

The idempotency utility of Powertools keeps a function's answer *after* it ran. A function that dies in the
action would decide again, with another model perhaps, and the first decision would stand nowhere. So the
record itself is the key of idempotency here.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from lambdas.functions.decide.steps import RULES_DOWN, Conclusion, Features, Row, Score
from lambdas.planning.items import Item
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.decision import DecideSettings, DecisionRecord

KEY = "request_id"
PENDING, QUEUED, DONE, FAILED, NONE = "pending", "queued", "done", "failed", "none"
"""States of the action: not seen to end, left to Lambda's queue, done, taken by nobody, not asked for."""

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
_AS_JSON = ("row", "features", "defaults_used", "score")
"""Kept as JSON text: DynamoDB's numbers hold fewer exponents than ours."""


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
        at: the moment of the decision, in UTC.
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
    """The record in DynamoDB's notation."""
    return {name: _attribute(name, value) for name, value in encode(record).items()}


def from_item(item: Item) -> DecisionRecord:
    """The record in an item."""
    return decode(DecisionRecord, {name: _value(name, value) for name, value in item.items()})


def answer(record: DecisionRecord) -> dict[str, JsonValue]:
    """The answer to the caller."""
    return {name: getattr(record, name) for name in ANSWERED}


def action_payload(record: DecisionRecord) -> dict[str, JsonValue]:
    """What the action is called with; `request_id` is its key of idempotency."""
    return {name: getattr(record, name) for name in _TO_ACTION}


def is_of(record: DecisionRecord, row: Row) -> bool:
    """Whether a recorded decision is about this row: a request's id may not be used for another.

    Where the state machine wrote the record without a function, its numbers have 15 digits.
    """
    if record.fallback == RULES_DOWN:
        return _shortened(record.row) == _shortened(row)
    return record.row == row


def _shortened(row: Row) -> dict[str, JsonValue]:
    return {
        # What is larger than any float was never one of the state machine's.
        name: float(f"{value:.15g}")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e308
        else value
        for name, value in row.items()
    }


def conflict(request_id: str) -> str:
    """The answer to a caller whose request's id was used for another row."""
    return f"request_id={request_id!r} was used for another row: give each request its own."


def acts_again(record: DecisionRecord, settings: DecideSettings, now: datetime) -> bool:
    """Whether a repeated request calls the action once more."""
    if record.action != PENDING:
        return record.action == FAILED
    age = now - datetime.fromisoformat(record.at)
    return age >= timedelta(seconds=settings.action.again_after)


def is_under_way(record: DecisionRecord, settings: DecideSettings, now: datetime) -> bool:
    """Whether a repeated request comes while the action may still be under way."""
    return record.action == PENDING and not acts_again(record, settings, now)


def under_way(request_id: str, settings: DecideSettings) -> str:
    """The answer to a caller who comes again meanwhile."""
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
