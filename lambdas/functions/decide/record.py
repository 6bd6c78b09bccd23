"""The record of a decision: what the table keeps, what the caller is told, what the action is called with.

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
from typing import Any

from lambdas.functions.decide.steps import RULES_DOWN, Conclusion, Features, Row, Score

Item = dict[str, dict[str, Any]]

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
    settings: Mapping[str, Any],
    features: Features,
    score: Score,
    variant: str | None,
    conclusion: Conclusion,
    acts: bool,
    at: datetime,
) -> dict[str, Any]:
    """The record of a decision.

    Args:
        origin: the names of the `api` and the `model`.
        acts: whether there is an action at all.
        at: the moment of the decision, in UTC.
    """
    chosen = settings["action"]["decisions"]
    asked_for = acts and (chosen is None or conclusion.decision in chosen)
    record = {
        KEY: request_id,
        "inference_id": request_id,
        **origin,
        "row": dict(row),
        "features": features.values,
        "defaults_used": list(features.defaults_used),
        "score": score.value,
        "model_version": score.model_version,
        "variant": variant,
        "rules_version": conclusion.rules_version,
        "rule": conclusion.rule,
        "decision": conclusion.decision,
        "fallback": conclusion.fallback,
        "action": PENDING if asked_for else NONE,
        "at": at.isoformat(timespec="microseconds"),
    }
    if settings["kept"] is not None:
        record["expires_at"] = int((at + timedelta(seconds=settings["kept"])).timestamp())
    return record


def to_item(record: Mapping[str, Any]) -> Item:
    """The record in DynamoDB's notation."""
    return {name: _written(name, value) for name, value in record.items()}


def from_item(item: Item) -> dict[str, Any]:
    """The record in an item."""
    return {name: _read(name, value) for name, value in item.items()}


def answer(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller is told."""
    return {name: record[name] for name in ANSWERED}


def action_payload(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the action is called with; `request_id` is its key of idempotency."""
    return {name: record[name] for name in _TO_ACTION}


def is_of(record: Mapping[str, Any], row: Row) -> bool:
    """Whether a recorded decision is about this row: a request's id may not be used for another.

    Where the state machine wrote the record without a function, its numbers have 15 digits.
    """
    if record["fallback"] == RULES_DOWN:
        return _shortened(record["row"]) == _shortened(row)
    return bool(record["row"] == row)


def _shortened(row: Row) -> dict[str, Any]:
    return {
        # What is larger than any float was never one of the state machine's.
        name: float(f"{value:.15g}")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e308
        else value
        for name, value in row.items()
    }


def conflict(request_id: str) -> str:
    """What the caller is told whose request's id was used for another row."""
    return f"request_id={request_id!r} was used for another row: give each request its own."


def acts_again(record: Mapping[str, Any], settings: Mapping[str, Any], now: datetime) -> bool:
    """Whether a repeated request calls the action once more."""
    if record["action"] != PENDING:
        return bool(record["action"] == FAILED)
    age = now - datetime.fromisoformat(record["at"])
    return age >= timedelta(seconds=settings["action"]["again_after"])


def is_under_way(record: Mapping[str, Any], settings: Mapping[str, Any], now: datetime) -> bool:
    """Whether a repeated request comes while the action may still be under way."""
    return bool(record["action"] == PENDING) and not acts_again(record, settings, now)


def under_way(request_id: str, settings: Mapping[str, Any]) -> str:
    """What the caller is told who comes again meanwhile."""
    return (
        f"request_id={request_id!r} is decided and its action is under way: ask again with the same "
        f"request_id in {settings['action']['again_after']:g} s."
    )


def _written(name: str, value: Any) -> dict[str, Any]:
    if name in _AS_JSON:
        return {"S": json.dumps(value, allow_nan=False)}
    if value is None:
        return {"NULL": True}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _read(name: str, value: Mapping[str, Any]) -> Any:
    if name in _AS_JSON:
        return json.loads(value["S"])
    if "N" in value:
        return int(value["N"])
    return value.get("S")
