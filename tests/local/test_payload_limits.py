"""Requests and answers of functions are as large as AWS takes them, and no larger."""

import json

import pytest
from botocore.exceptions import ClientError

from mdlc_local.payload_limits import MAX_ANSWER_BYTES, MAX_ASYNCHRONOUS_BYTES, MAX_SYNCHRONOUS_BYTES
from tests.local.embedded import Server
from tests.local.test_lambdas import Functions, make_function  # noqa: F401

MEASURES = """
    def handler(event, context):
        return event["fill"] * event["times"] if "times" in event else len(event["fill"])
"""
EMPTY = len(json.dumps({"fill": ""}))


def test_an_event_of_the_largest_size_is_taken_and_a_larger_one_refused(
    server: Server,
    make_function: Functions,  # noqa: F811
) -> None:
    name = make_function(MEASURES)
    functions = server.client("lambda")
    fill = "x" * (MAX_SYNCHRONOUS_BYTES - EMPTY)
    taken = functions.invoke(FunctionName=name, Payload=json.dumps({"fill": fill}))
    assert json.load(taken["Payload"]) == len(fill)
    with pytest.raises(ClientError) as refused:
        functions.invoke(FunctionName=name, Payload=json.dumps({"fill": fill + "x"}))
    assert refused.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_an_event_to_be_queued_is_smaller(
    server: Server,
    make_function: Functions,  # noqa: F811
) -> None:
    name = make_function(MEASURES)
    functions = server.client("lambda")
    fill = "x" * (MAX_ASYNCHRONOUS_BYTES - EMPTY)
    queued = functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"fill": fill}))
    assert queued["StatusCode"] == 202
    with pytest.raises(ClientError, match=f"smaller than {MAX_ASYNCHRONOUS_BYTES} bytes"):
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"fill": fill + "x"}))


def test_an_answer_that_is_too_large_is_the_functions_error(
    server: Server,
    make_function: Functions,  # noqa: F811
) -> None:
    name = make_function(MEASURES)

    def asked(times: int) -> tuple[str | None, object]:
        answer = server.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps({"fill": "x", "times": times})
        )
        return answer.get("FunctionError"), json.load(answer["Payload"])

    error, answer = asked(MAX_ANSWER_BYTES - 2)
    assert error is None and isinstance(answer, str)
    error, answer = asked(MAX_ANSWER_BYTES - 1)
    assert isinstance(answer, dict)
    assert (error, answer["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
