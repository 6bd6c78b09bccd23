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
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from lambdas.aws import connection, embedded_metrics
from lambdas.functions.decide import calls, record, steps
from lambdas.functions.decide.ab_assignment import experiment_in_progress
from lambdas.functions.decide.calls import CallFailed
from lambdas.functions.decide.config import Config, load_config
from lambdas.functions.decide.decision import decided
from lambdas.functions.decide.requests import BadRequest, DecisionRequest, from_event
from lambdas.planning.items import Item
from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.decision import DecisionRecord

RECORD_SECONDS = 1.0
RECORD_TRIES = 3
NOTE_SECONDS = 0.5

UNKNOWN_VARIANT = ("ValidationError", "ValidationException")
"""What SageMaker calls it when an endpoint has no variant of that name."""

_PASSING = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class Unavailable(Exception):
    """No decision could be recorded, or its action could not be called."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Decide about the request in an event of API Gateway's proxy integration."""
    began, waited = time.perf_counter(), connection.waited()
    config = load_config()
    try:
        request = from_event(event)
    except BadRequest as error:
        return _answer(400, {"message": str(error)})
    new = _decide(request, config)
    try:
        earlier = _record(new, config)
        if earlier is None:
            embedded_metrics.count(
                config.api,
                {"Decisions": 1, "FallbackDecisions": int(new.fallback is not None)},
                {"request_id": request.request_id, "fallback": new.fallback},
            )
            if new.action == record.PENDING:
                _act(new, config)
        elif not record.is_of(earlier, request.row):
            return _answer(409, {"message": record.conflict(request.request_id)})
        elif record.is_under_way(earlier, config.settings, datetime.now(UTC)):
            raise Unavailable(record.under_way(request.request_id, config.settings))
        elif record.acts_again(earlier, config.settings, datetime.now(UTC)):
            _act(earlier, config)
    except Unavailable as error:
        return _answer(503, {"message": str(error)})
    answer = _answer(200, record.answer(earlier or new))
    own = time.perf_counter() - began - (connection.waited() - waited)
    # Measured for whoever looks into one request: how much of its time was neither call nor wait.
    answer["headers"]["x-mdlc-own-milliseconds"] = f"{own * 1000:.3f}"
    return answer


def _decide(request: DecisionRequest, config: Config) -> DecisionRecord:
    """The record of a decision, not written yet."""
    features = steps.collect(request.row, config.settings.lookup, _look_up(request, config))
    score, variant = _score(request, config, features)
    return decided(request, config, features, score, variant)


def _look_up(request: DecisionRequest, config: Config) -> Item | None:
    lookup = config.settings.lookup
    key = steps.lookup_key(request.row, lookup) if lookup else None
    if lookup is None or key is None:
        return None
    try:
        return calls.get_item(config.lookup_table, key, seconds=lookup.timeout)
    except CallFailed as failed:
        about = {"request_id": request.request_id, "message": f"Defaults stand in: {failed}"}
        embedded_metrics.count(config.api, {"LookUpsFailed": 1}, about)
        return None


def _score(
    request: DecisionRequest, config: Config, features: steps.Features
) -> tuple[steps.Score, str | None]:
    fallback = config.settings.fallback
    line = steps.request_line(features)
    left = fallback.tries
    variant = experiment_in_progress().variant(features.values) if config.audit_table else None
    while True:
        left -= 1
        try:
            scored = calls.invoke_endpoint(
                config.endpoint,
                line,
                inference_id=request.request_id,
                seconds=fallback.endpoint_timeout,
                variant=variant,
            )
        except CallFailed as failed:
            if variant is not None and failed.name in UNKNOWN_VARIANT:
                # The test has ended, or has not begun: whichever variant there is answers.
                variant, left = None, left + 1
                continue
            if left and steps.may_repeat(failed.name, failed.message):
                continue
            embedded_metrics.note(config.api, f"No score for {request.request_id}: {failed}")
            return steps.no_score(failed.name, failed.message), None
        return steps.read_answer(scored.body), scored.variant


def _record(new: DecisionRecord, config: Config) -> DecisionRecord | None:
    """Write the record; returns the one that was there before."""
    item = record.to_item(new)

    def write() -> Item | None:
        return calls.put_new(config.decision_table, record.KEY, item, seconds=RECORD_SECONDS)

    try:
        earlier = _retry(write)
    except CallFailed as failed:
        embedded_metrics.count(config.api, {"RecordsFailed": 1}, {"message": str(failed)})
        raise Unavailable(
            "The decision could not be recorded, so none was made: ask again with the same request_id."
        ) from failed
    # An earlier try may have written it although its answer was lost.
    return None if earlier is None or earlier == item else record.from_item(earlier)


def _retry(call: Callable[[], Item | None]) -> Item | None:
    for attempt in range(1, RECORD_TRIES):
        try:
            return call()
        except CallFailed as failed:
            if 400 <= failed.status < 500 and failed.name not in _PASSING:
                raise
            time.sleep(0.02 * 2**attempt)
    return call()


def _act(recorded: DecisionRecord, config: Config) -> None:
    """Call the action, or leave it to Lambda's queue; then note which."""
    settings, payload = config.settings.action, record.action_payload(recorded)
    reached = record.DONE if settings.waits else record.QUEUED
    try:
        try:
            calls.invoke_function(config.action, payload, waits=settings.waits, seconds=settings.timeout)
        except CallFailed as failed:
            embedded_metrics.count(
                config.api, {"ActionsFailed": 1}, {**_named(recorded), "message": str(failed)}
            )
            calls.invoke_function(config.action, payload, waits=False, seconds=settings.timeout)
            reached = record.QUEUED
    except CallFailed as failed:
        _note(recorded, config, record.FAILED)
        raise Unavailable(
            "The decision is recorded and its action could not be called: ask again with the same request_id."
        ) from failed
    _note(recorded, config, reached)


def _note(recorded: DecisionRecord, config: Config, reached: str) -> None:
    try:
        calls.set_value(
            config.decision_table,
            {record.KEY: {"S": recorded.request_id}},
            "action",
            {"S": reached},
            unless={"S": record.DONE},
            seconds=NOTE_SECONDS,
        )
    except CallFailed as failed:
        # That the record still says pending costs at most one call that does nothing.
        embedded_metrics.note(config.api, f"{_named(recorded)} stays pending in its record: {failed}")


def _named(recorded: DecisionRecord) -> dict[str, str]:
    return {"request_id": recorded.request_id, "decision": recorded.decision}


def _answer(status: int, body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
