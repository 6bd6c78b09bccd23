"""Entry point of the request path's state machine: what needs code between its direct integrations.

One function, so that one warm process serves a request. The event's `step` says what is asked for:

``decide``
    `request_id`, `row`, `item` (the look-up's, in DynamoDB's notation, or null) with `look_up_failed`, and
    either `answer` (the endpoint's body, text or JSON) with `variant`, or `failed` with the `Error` and
    `Cause` of the endpoint's call. Answers
    `item` (the record to put if the request has none), `answer` (for the caller), `act` and `action` (what
    the action is called with). The decision is counted here, before it is recorded: a repeated request
    counts again.
``repeat``
    `request_id`, `row` and `recorded`, the item that was there already. Answers `answer`, `act`, `action`.

The steps are those of the warm function (`lambdas.functions.decide.handler`), so both shapes decide equally.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.aws import embedded_metrics
from lambdas.functions.decide import record, steps
from lambdas.functions.decide.decision import decided
from lambdas.functions.decide.environment import Environment, environment
from lambdas.functions.decide.requests import BadRequest, Request, checked


class Conflict(BadRequest):
    """The request's id was used for another row."""


class Underway(Exception):
    """The request comes again while its action may still be under way."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Do the step that the event names.

    Raises:
        BadRequest: for a request that does not fit the contract. The class's name is the error's name.
        Conflict: for the id of a request about another row.
        Underway: for a request that comes again too early.
    """
    request = checked({"request_id": event.get("request_id"), "row": event.get("row")})
    return _STEPS[event["step"]](event, request, environment())


def _decide(event: Mapping[str, Any], request: Request, told: Environment) -> dict[str, Any]:
    features = steps.collect(request.row, told.settings["lookup"], event.get("item"))
    failed = event.get("failed")
    score = (
        steps.no_score(str(failed.get("Error", "")), str(failed.get("Cause", "")))
        if failed
        else steps.read_answer(_text(event.get("answer")))
    )
    made = decided(request, told, features, score, event.get("variant"))
    fallback = made["fallback"]
    embedded_metrics.count(
        told.api,
        {
            "Decisions": 1,
            "FallbackDecisions": int(fallback is not None),
            **({"LookUpsFailed": 1} if event.get("look_up_failed") else {}),
        },
        {"request_id": request.request_id, "fallback": fallback},
    )
    return {
        "item": record.to_item(made),
        "answer": record.answer(made),
        "act": made["action"] == record.PENDING,
        "action": record.action_payload(made),
    }


def _repeat(event: Mapping[str, Any], request: Request, told: Environment) -> dict[str, Any]:
    found = record.from_item(event["recorded"])
    if not record.is_of(found, request.row):
        raise Conflict(record.conflict(request.request_id))
    now = datetime.now(UTC)
    if record.is_under_way(found, told.settings, now):
        raise Underway(record.under_way(request.request_id, told.settings))
    return {
        "answer": record.answer(found),
        "act": record.acts_again(found, told.settings, now),
        "action": record.action_payload(found),
    }


def _text(answer: Any) -> str:
    """The endpoint's body, which Step Functions reads where it is JSON: as text, with all its digits."""
    return answer if isinstance(answer, str) else json.dumps(answer)


_STEPS: dict[str, Callable[[Mapping[str, Any], Request, Environment], dict[str, Any]]] = {
    "decide": _decide,
    "repeat": _repeat,
}
