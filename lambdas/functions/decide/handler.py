"""Entry point of the request path as one warm function: all steps of a decision, behind API Gateway's proxy.

Each call has a timeout, and each failure an answer:

==========================  ========================================================================
the look-up of features     the declared defaults; the record names the columns
the endpoint                once more unless it was late; then the fallback decision, with the reason
the rules                   the last good ones; without any, the fallback decision
the record                  tried three times; then 503 and no action: no decision without a record
the action                  left to Lambda's queue; when that fails too 503, and a repeated request acts;
                            one that comes while the action may be under way is answered with 503
==========================  ========================================================================

A repeated request answers with the recorded decision (see `lambdas.functions.decide.record`); the same id
with another row is a conflict, 409.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lambdas.aws import connection, embedded_metrics
from lambdas.functions.decide import calls, record, steps
from lambdas.functions.decide.ab_assignment import experiment_in_progress
from lambdas.functions.decide.calls import CallFailed
from lambdas.functions.decide.decision import decided
from lambdas.functions.decide.environment import Environment, environment
from lambdas.functions.decide.requests import BadRequest, Request, from_event

RECORD_SECONDS = 1.0
RECORD_TRIES = 3
NOTE_SECONDS = 0.5

UNKNOWN_VARIANT = ("ValidationError", "ValidationException")
"""What SageMaker calls it when an endpoint has no variant of that name."""

_PASSING = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class Unavailable(Exception):
    """No decision could be recorded, or its action could not be called."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Decide about the request in an event of API Gateway's proxy integration."""
    began, waited = time.perf_counter(), connection.waited()
    told = environment()
    try:
        request = from_event(event)
    except BadRequest as error:
        return _answer(400, {"message": str(error)})
    made = _made(request, told)
    try:
        found = _recorded(made, told)
        if found is None:
            fallback = made["fallback"]
            made_here = {"Decisions": 1, "FallbackDecisions": int(fallback is not None)}
            embedded_metrics.count(
                told.api, made_here, {"request_id": request.request_id, "fallback": fallback}
            )
            if made["action"] == record.PENDING:
                _act(made, told)
        elif not record.is_of(found, request.row):
            return _answer(409, {"message": record.conflict(request.request_id)})
        elif record.is_under_way(found, told.settings, datetime.now(UTC)):
            raise Unavailable(record.under_way(request.request_id, told.settings))
        elif record.acts_again(found, told.settings, datetime.now(UTC)):
            _act(found, told)
    except Unavailable as error:
        return _answer(503, {"message": str(error)})
    answer = _answer(200, record.answer(found or made))
    own = time.perf_counter() - began - (connection.waited() - waited)
    # Measured for whoever looks into one request: how much of its time was neither call nor wait.
    answer["headers"]["x-mdlc-own-milliseconds"] = f"{own * 1000:.3f}"
    return answer


def _made(request: Request, told: Environment) -> dict[str, Any]:
    """The record of a decision, not written yet."""
    features = steps.collect(request.row, told.settings["lookup"], _looked_up(request, told))
    score, variant = _scored(request, told, features)
    return decided(request, told, features, score, variant)


def _looked_up(request: Request, told: Environment) -> calls.Item | None:
    lookup = told.settings["lookup"]
    key = steps.lookup_key(request.row, lookup) if lookup else None
    if key is None:
        return None
    try:
        return calls.get_item(told.lookup_table, key, seconds=lookup["timeout"])
    except CallFailed as failed:
        about = {"request_id": request.request_id, "message": f"Defaults stand in: {failed}"}
        embedded_metrics.count(told.api, {"LookUpsFailed": 1}, about)
        return None


def _scored(request: Request, told: Environment, features: steps.Features) -> tuple[steps.Score, str | None]:
    fallback = told.settings["fallback"]
    line = steps.request_line(features)
    left = fallback["tries"]
    variant = experiment_in_progress().variant(features.values) if told.audit_table else None
    while True:
        left -= 1
        try:
            scored = calls.invoke_endpoint(
                told.endpoint,
                line,
                inference_id=request.request_id,
                seconds=fallback["endpoint_timeout"],
                variant=variant,
            )
        except CallFailed as failed:
            if variant is not None and failed.name in UNKNOWN_VARIANT:
                # The test has ended, or has not begun: whichever variant there is answers.
                variant, left = None, left + 1
                continue
            if left and steps.may_repeat(failed.name, failed.message):
                continue
            embedded_metrics.note(told.api, f"No score for {request.request_id}: {failed}")
            return steps.no_score(failed.name, failed.message), None
        return steps.read_answer(scored.body), scored.variant


def _recorded(made: dict[str, Any], told: Environment) -> dict[str, Any] | None:
    """Write the record; returns the one that was there before."""
    item = record.to_item(made)

    def write() -> calls.Item | None:
        return calls.put_new(told.decision_table, record.KEY, item, seconds=RECORD_SECONDS)

    try:
        found = _tried(write)
    except CallFailed as failed:
        embedded_metrics.count(told.api, {"RecordsFailed": 1}, {"message": str(failed)})
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
            embedded_metrics.count(told.api, {"ActionsFailed": 1}, {**_named(made), "message": str(failed)})
            calls.invoke_function(told.action, payload, waits=False, seconds=settings["timeout"])
            reached = record.QUEUED
    except CallFailed as failed:
        _note(made, told, record.FAILED)
        raise Unavailable(
            "The decision is recorded and its action could not be called: ask again with the same request_id."
        ) from failed
    _note(made, told, reached)


def _note(made: dict[str, Any], told: Environment, reached: str) -> None:
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
        # That the record still says pending costs at most one call that does nothing.
        embedded_metrics.note(told.api, f"{_named(made)} stays pending in its record: {failed}")


def _named(made: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": made["request_id"], "decision": made["decision"]}


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
