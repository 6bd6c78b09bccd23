"""Entry point of the request path's state machine: what needs code between its direct integrations.

One function, so that one warm process serves a request. The steps are those of the warm function
(`lambdas.functions.decide.handler`), so both shapes decide equally.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from lambdas.aws import embedded_metrics
from lambdas.functions.decide import record, steps
from lambdas.functions.decide.config import Config, load_config
from lambdas.functions.decide.decision import decided
from lambdas.functions.decide.requests import BadRequest, DecisionRequest, checked
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.decision import DecidedAnswer, ExpressRequest, RepeatedAnswer


class Conflict(BadRequest):
    """The request's id was used for another row."""


class Underway(Exception):
    """The request comes again while its action may still be under way."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Do the step that an `ExpressRequest` names.

    `decide` counts the decision before it is recorded: a repeated request counts again.

    Raises:
        BadRequest: for a request that does not fit the contract. The class's name is the error's name.
        Conflict: for the id of a request about another row.
        Underway: for a request that comes again too early.
    """
    payload = decode(ExpressRequest, event)
    request = checked({"request_id": payload.request_id, "row": payload.row})
    step = _decide if payload.step == "decide" else _repeat
    return encode(step(payload, request, load_config()))


def _decide(payload: ExpressRequest, request: DecisionRequest, config: Config) -> DecidedAnswer:
    features = steps.collect(request.row, config.settings.lookup, payload.item)
    failed = payload.failed
    score = (
        steps.no_score(str(failed.get("Error", "")), str(failed.get("Cause", "")))
        if failed
        else steps.read_answer(_text(payload.answer))
    )
    new = decided(request, config, features, score, payload.variant)
    embedded_metrics.count(
        config.api,
        {
            "Decisions": 1,
            "FallbackDecisions": int(new.fallback is not None),
            **({"LookUpsFailed": 1} if payload.look_up_failed else {}),
        },
        {"request_id": request.request_id, "fallback": new.fallback},
    )
    return DecidedAnswer(
        item=record.to_item(new),
        answer=record.answer(new),
        act=new.action == record.PENDING,
        action=record.action_payload(new),
    )


def _repeat(payload: ExpressRequest, request: DecisionRequest, config: Config) -> RepeatedAnswer:
    recorded = record.from_item(payload.recorded or {})
    if not record.is_of(recorded, request.row):
        raise Conflict(record.conflict(request.request_id))
    now = datetime.now(UTC)
    if record.is_under_way(recorded, config.settings, now):
        raise Underway(record.under_way(request.request_id, config.settings))
    return RepeatedAnswer(
        answer=record.answer(recorded),
        act=record.acts_again(recorded, config.settings, now),
        action=record.action_payload(recorded),
    )


def _text(answer: JsonValue) -> str:
    """The endpoint's body, which Step Functions reads where it is JSON: as text, with all its digits."""
    return answer if isinstance(answer, str) else json.dumps(answer)
