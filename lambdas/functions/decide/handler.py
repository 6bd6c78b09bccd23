"""Entry point of a decision API without a state machine: one function behind API Gateway's proxy integration.

Each call has a timeout. When a call fails:

==========================  ========================================================================
the look-up of features     the declared defaults are used; the record names the columns
the endpoint                called once more unless it was late; then the fallback decision is made
the rules                   the last valid rules are used; without any, the fallback decision is made
the record                  tried three times; then 503 without an action, since nothing is recorded
the action                  invoked through Lambda's queue instead; when that fails, too, 503; a repeated
                            request calls it again, or gets 503 while it may still be running
==========================  ========================================================================

The answer to a repeated request is the recorded decision (see `lambdas.functions.decide.record`). The same id
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
"""SageMaker's errors when an endpoint has no variant of a name."""

_PASSING = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class Unavailable(Exception):
    """No decision could be recorded, or its action could not be called."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Make the decision on the request in an API Gateway proxy event; returns the HTTP response."""
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
    # For debugging single requests: the time not spent waiting for calls.
    answer["headers"]["x-mdlc-own-milliseconds"] = f"{own * 1000:.3f}"
    return answer


def _decide(request: DecisionRequest, config: Config) -> DecisionRecord:
    """The record of a decision, not yet written to the table."""
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
                # The A/B test has ended or has not begun: let the endpoint choose its variant.
                variant, left = None, left + 1
                continue
            if left and steps.may_repeat(failed.name, failed.message):
                continue
            embedded_metrics.note(config.api, f"No score for {request.request_id}: {failed}")
            return steps.no_score(failed.name, failed.message), None
        return steps.read_answer(scored.body), scored.variant


def _record(new: DecisionRecord, config: Config) -> DecisionRecord | None:
    """Write the record; returns the request's earlier record, or None without one."""
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
    # An equal item was written by an earlier attempt of this call whose answer was lost.
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
    """Invoke the action, or leave it to Lambda's queue; then set the action's state in the record."""
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
        # A record that stays pending costs at most one repeated call of the action, which has no effect.
        embedded_metrics.note(config.api, f"{_named(recorded)} stays pending in its record: {failed}")


def _named(recorded: DecisionRecord) -> dict[str, str]:
    return {"request_id": recorded.request_id, "decision": recorded.decision}


def _answer(status: int, body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
