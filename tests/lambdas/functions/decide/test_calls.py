"""Our requests are botocore's, and errors are told as the service names them."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest

from lambdas.functions.decide import calls
from lambdas.functions.decide.calls import CallFailed
from tests.lambdas.http_services import Drop, Reply, Services, model_error, refusal

ITEM = {"k": {"S": "1"}, "n": {"N": "7"}}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:act:live"
COMPARED = (
    "x-amz-target",
    "content-type",
    "accept",
    "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-target-variant",
    "x-amz-invocation-type",
)
PAYLOAD = {"request_id": "r", "score": 0.1, "name": "é"}


class Sent(Exception):
    """Carries a request that was about to be sent, and ends the call."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__(request.url)
        self.request = request


def keep(request: AWSPreparedRequest, **_: Any) -> None:
    raise Sent(request)


def botocore_sends(services: Services, service: str, operation: str, **arguments: Any) -> AWSPreparedRequest:
    """The request that botocore would send for an operation."""
    connect: Any = boto3.client  # its overloads know service names only as literals
    client = connect(service, region_name="eu-west-1", endpoint_url=services.url)
    client.meta.events.register("before-send", keep)
    with pytest.raises(Sent) as sent:
        getattr(client, operation)(**arguments)
    return sent.value.request


def text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def same(services: Services, service: str, operation: str, **arguments: Any) -> None:
    """The last request that came is what botocore would send."""
    theirs = botocore_sends(services, service, operation, **arguments)
    _, ours, headers = services.asked[-1]
    assert headers[":path"] == unquote(theirs.url.removeprefix(services.url))
    body: Any = theirs.body
    assert ours == json.loads(body)
    compared = [name for name in COMPARED if name in theirs.headers]
    assert compared
    assert {name: headers[name] for name in compared} == {n: text(theirs.headers[n]) for n in compared}


def test_requests_to_dynamodb_are_those_of_botocore(services: Services) -> None:
    services.table("t", "k")
    calls.get_item("t", {"k": {"S": "1"}}, seconds=5, consistent=True)
    get = {"TableName": "t", "Key": {"k": {"S": "1"}}, "ConsistentRead": True}
    same(services, "dynamodb", "get_item", **get)
    calls.put_new("t", "k", ITEM, seconds=5)
    put = {
        "TableName": "t",
        "Item": ITEM,
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": "k"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    same(services, "dynamodb", "put_item", **put)
    calls.set_value("t", {"k": {"S": "1"}}, "action", {"S": "done"}, unless={"S": "x"}, seconds=5)
    update = {
        "TableName": "t",
        "Key": {"k": {"S": "1"}},
        "UpdateExpression": "SET #name = :value",
        "ConditionExpression": "#name <> :unless",
        "ExpressionAttributeNames": {"#name": "action"},
        "ExpressionAttributeValues": {":value": {"S": "done"}, ":unless": {"S": "x"}},
    }
    same(services, "dynamodb", "update_item", **update)


def test_requests_to_the_endpoint_and_the_function_are_those_of_botocore(services: Services) -> None:
    calls.invoke_endpoint("flights-live", json.dumps(PAYLOAD), inference_id="r", seconds=5)
    same(
        services,
        "sagemaker-runtime",
        "invoke_endpoint",
        EndpointName="flights-live",
        Body=json.dumps(PAYLOAD),
        ContentType="application/jsonlines",
        Accept="application/jsonlines",
        InferenceId="r",
    )
    calls.invoke_endpoint("flights-live", "{}", inference_id="r", seconds=5, variant="blue")
    same(
        services,
        "sagemaker-runtime",
        "invoke_endpoint",
        EndpointName="flights-live",
        Body="{}",
        ContentType="application/jsonlines",
        Accept="application/jsonlines",
        InferenceId="r",
        TargetVariant="blue",
    )
    for waits, kind in ((True, "RequestResponse"), (False, "Event")):
        calls.invoke_function(ARN, PAYLOAD, waits=waits, seconds=5)
        arguments = {"FunctionName": ARN, "InvocationType": kind, "Payload": json.dumps(PAYLOAD)}
        same(services, "lambda", "invoke", **arguments)


def test_an_item_is_put_once(services: Services) -> None:
    services.table("t", "k")
    assert calls.put_new("t", "k", ITEM, seconds=5) is None
    assert calls.put_new("t", "k", {**ITEM, "n": {"N": "8"}}, seconds=5) == ITEM
    assert calls.get_item("t", {"k": {"S": "1"}}, seconds=5) == ITEM
    assert calls.get_item("t", {"k": {"S": "2"}}, seconds=5) is None


def test_a_refused_put_that_does_not_show_the_item_is_looked_up(services: Services) -> None:
    services.table("t", "k")['{"S": "1"}'] = ITEM
    services.faults["PutItem"] = [lambda: refusal("ConditionalCheckFailedException")]
    assert calls.put_new("t", "k", {"k": {"S": "1"}}, seconds=5) == ITEM


def test_a_value_is_set_unless_it_is_so_already(services: Services) -> None:
    table = services.table("t", "k")
    table['{"S": "1"}'] = {"k": {"S": "1"}, "action": {"S": "pending"}}
    key = {"k": {"S": "1"}}
    assert calls.set_value("t", key, "action", {"S": "done"}, unless={"S": "done"}, seconds=5)
    assert not calls.set_value("t", key, "action", {"S": "queued"}, unless={"S": "done"}, seconds=5)
    assert table['{"S": "1"}']["action"] == {"S": "done"}


def drop() -> Reply | None:
    raise Drop


def late() -> Reply | None:
    time.sleep(0.2)
    return None


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (
            lambda: refusal("ProvisionedThroughputExceededException", "slow down"),
            "ProvisionedThroughputExceededException",
        ),
        (lambda: (503, {}, b"<html>"), "HTTP503"),
        (lambda: (500, {}, b"[]"), "HTTP500"),
        (drop, calls.NOT_REACHED),
        (late, calls.TIMEOUT),
    ],
)
@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "UpdateItem"])
def test_a_failed_call_of_the_table_has_a_name(
    services: Services, operation: str, fault: Callable[[], Reply | None], name: str
) -> None:
    services.table("t", "k")
    services.faults[operation] = [fault]
    key = {"k": {"S": "1"}}
    doing: dict[str, Callable[[], object]] = {
        "GetItem": lambda: calls.get_item("t", key, seconds=0.1),
        "PutItem": lambda: calls.put_new("t", "k", ITEM, seconds=0.1),
        "UpdateItem": lambda: calls.set_value("t", key, "a", {"S": "b"}, unless={"S": "c"}, seconds=0.1),
    }
    with pytest.raises(CallFailed) as failed:
        doing[operation]()
    assert failed.value.name == name


def test_a_model_error_keeps_what_the_container_said(services: Services) -> None:
    services.score = lambda row: model_error(400, "line 1: distance is a text")
    with pytest.raises(CallFailed, match="distance is a text") as failed:
        calls.invoke_endpoint("e", "{}", inference_id="r", seconds=5)
    assert failed.value.name == "ModelError" and failed.value.status == 424


@pytest.mark.parametrize(("fault", "name"), [(drop, calls.NOT_REACHED), (late, calls.TIMEOUT)])
def test_an_endpoint_that_does_not_answer_has_a_name(
    services: Services, fault: Callable[[], Reply | None], name: str
) -> None:
    services.faults["InvokeEndpoint"] = [fault]
    with pytest.raises(CallFailed) as failed:
        calls.invoke_endpoint("e", "{}", inference_id="r", seconds=0.1)
    assert failed.value.name == name


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        ((200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage": "no"}'), "FunctionError"),
        (refusal("TooManyRequestsException", status=429), "TooManyRequestsException"),
    ],
)
def test_an_action_that_failed_is_an_error(services: Services, reply: Reply, name: str) -> None:
    services.act = lambda payload: reply
    with pytest.raises(CallFailed) as failed:
        calls.invoke_function(ARN, {}, waits=True, seconds=5)
    assert failed.value.name == name


def test_an_action_that_is_late_has_a_name(services: Services) -> None:
    services.faults["InvokeRequestResponse"] = [late]
    with pytest.raises(CallFailed) as failed:
        calls.invoke_function(ARN, {}, waits=True, seconds=0.05)
    assert failed.value.name == calls.TIMEOUT
