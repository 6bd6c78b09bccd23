"""Entry point of the request path as one warm function: all steps of a decision, behind API Gateway's proxy.

Each call has a timeout, and each failure an answer:

==========================  ========================================================================
the look-up of features     the declared defaults; the record names the columns
the endpoint                once more unless it was late; then the fallback decision, with the reason
the rules                   the last good ones; without any, the fallback decision
the record                  tried three times; then 503 and no action: no decision without a record
the action                  left to Lambda's queue; when that fails too 503, and a repeated request acts
==========================  ========================================================================

A repeated request answers with the recorded decision (see `lambdas.decide.record`); the same id with another
row is a conflict, 409.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from lambdas import connection
from lambdas.decide import calls, counts, record, steps
from lambdas.decide.calls import CallFailed
from lambdas.decide.current_rules import KEY as RULES_KEY
from lambdas.decide.current_rules import CurrentRules
from lambdas.decide.environment import Environment, environment
from lambdas.decide.requests import BadRequest, Request, from_event

RULES_SECONDS = 0.5
RECORD_SECONDS = 1.0
RECORD_TRIES = 3
NOTE_SECONDS = 0.5

_PASSING = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class Unavailable(Exception):
    """No decision could be recorded, or its action could not be called."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Decide about the request in an event of API Gateway's proxy integration."""
    began, waited = time.perf_counter(), connection.waited()
    told = environment()
    try:
        request = from_event(event)
        status, body, about = _decided(request, told)
    except BadRequest as error:
        return _answer(400, {"message": str(error)})
    except Unavailable as error:
        return _answer(503, {"message": str(error)})
    own = time.perf_counter() - began - (connection.waited() - waited)
    counts.count(
        told.api,
        {"Decisions": int(status == 200), "FallbackDecisions": int(about["fallback"] is not None)},
        {**about, "own_milliseconds": round(own * 1000, 3)},
    )
    return _answer(status, body)


def _decided(request: Request, told: Environment) -> tuple[int, dict[str, Any], dict[str, Any]]:
    features = steps.collect(request.row, told.settings["lookup"], _looked_up(request, told))
    score, variant = _scored(request, told, features)
    conclusion = steps.conclude(told.settings, _rules().get(), score, features)
    made = record.make(
        request_id=request.request_id,
        row=request.row,
        origin=told.origin,
        settings=told.settings,
        features=features,
        score=score,
        variant=variant,
        conclusion=conclusion,
        acts=bool(told.action),
        at=datetime.now(UTC),
    )
    found = _recorded(made, told)
    about = {"request_id": request.request_id, "fallback": conclusion.fallback, "repeated": found is not None}
    if found is None:
        if made["action"] == record.PENDING:
            _act(made, told)
        return 200, record.answer(made), about
    if not record.is_of(found, request.row):
        message = f"request_id={request.request_id!r} was used for another row: give each request its own."
        return 409, {"message": message}, {**about, "fallback": None}
    if record.acts_again(found, told.settings, datetime.now(UTC)):
        _act(found, told)
    return 200, record.answer(found), {**about, "fallback": None}


def _looked_up(request: Request, told: Environment) -> calls.Item | None:
    lookup = told.settings["lookup"]
    key = steps.lookup_key(request.row, lookup) if lookup else None
    if key is None:
        return None
    try:
        return calls.get_item(told.lookup_table, key, seconds=lookup["timeout"])
    except CallFailed as failed:
        counts.note(told.api, f"The look-up of {request.request_id} failed, defaults stand in: {failed}")
        return None


def _scored(request: Request, told: Environment, features: steps.Features) -> tuple[steps.Score, str | None]:
    fallback = told.settings["fallback"]
    line = steps.request_line(features)
    for left in reversed(range(fallback["tries"])):
        try:
            scored = calls.invoke_endpoint(
                told.endpoint, line, inference_id=request.request_id, seconds=fallback["endpoint_timeout"]
            )
        except CallFailed as failed:
            if left and steps.may_repeat(failed.name, failed.message):
                continue
            counts.note(told.api, f"No score for {request.request_id}: {failed}")
            return steps.no_score(failed.name, failed.message), None
        return steps.read_answer(scored.body), scored.variant
    raise AssertionError("settings allow no fewer than one try")


def _recorded(made: dict[str, Any], told: Environment) -> dict[str, Any] | None:
    """Write the record; returns the one that was there before."""
    item = record.to_item(made)

    def write() -> calls.Item | None:
        return calls.put_new(told.decision_table, record.KEY, item, seconds=RECORD_SECONDS)

    try:
        found = _tried(write)
    except CallFailed as failed:
        counts.count(told.api, {"RecordsFailed": 1}, {"message": str(failed)})
        raise Unavailable(
            "The decision could not be recorded, so none was made: ask again with the same request_id."
        ) from failed
    # An earlier try may have written it although its answer was lost.
    return None if found is None or found == item else record.from_item(found)


def _tried(call: Callable[[], calls.Item | None]) -> calls.Item | None:
    for tried in range(1, RECORD_TRIES):
        try:
            return call()
        except CallFailed as failed:
            if 400 <= failed.status < 500 and failed.name not in _PASSING:
                raise
            time.sleep(0.02 * 2**tried)
    return call()


def _act(made: dict[str, Any], told: Environment) -> None:
    """Call the action, or leave it to Lambda's queue; then note which."""
    settings, payload = told.settings["action"], record.action_payload(made)
    reached = record.DONE if settings["waits"] else record.QUEUED
    try:
        try:
            calls.invoke_function(told.action, payload, waits=settings["waits"], seconds=settings["timeout"])
        except CallFailed as failed:
            counts.count(told.api, {"ActionsFailed": 1}, {**_named(made), "message": str(failed)})
            calls.invoke_function(told.action, payload, waits=False, seconds=settings["timeout"])
            reached = record.QUEUED
    except CallFailed as failed:
        raise Unavailable(
            "The decision is recorded and its action could not be called: ask again with the same request_id."
        ) from failed
    try:
        calls.set_value(
            told.decision_table,
            {record.KEY: {"S": made[record.KEY]}},
            "action",
            {"S": reached},
            unless={"S": record.DONE},
            seconds=NOTE_SECONDS,
        )
    except CallFailed as failed:
        # The action was called: that its record still says pending costs at most one call that does nothing.
        counts.note(told.api, f"{_named(made)} stays pending in its record: {failed}")


def _named(made: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": made["request_id"], "decision": made["decision"]}


@cache
def _rules() -> CurrentRules:
    told = environment()
    return CurrentRules(
        lambda: calls.get_item(told.rules_table, RULES_KEY, seconds=RULES_SECONDS),
        told.settings["decisions"],
        told.settings["rules_age"],
        lambda message: counts.note(told.api, message),
    )


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
