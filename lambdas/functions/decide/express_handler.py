"""Entry point of the Express state machine's function: the steps between its direct SDK integrations.

One function does all of them, so that one warm process serves a request. It uses the same steps as
`lambdas.functions.decide.handler`, so that both make the same decisions.
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
    """The request id was used for another row."""


class Underway(Exception):
    """The request was repeated while its action may still be running."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Run the step that an `ExpressRequest` names.

    `decide` counts the decision as a metric before it is recorded, so that a repeated request counts again.

    Raises:
        BadRequest: when the request does not match the contract. The class name is the error's name.
        Conflict: when the request id was used for another row.
        Underway: when the request was repeated too early.
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
    """The endpoint's body as text, with all digits: Step Functions parses a body that is JSON."""
    return answer if isinstance(answer, str) else json.dumps(answer)
