"""What services answer a task: bytes that are stored, entries that are refused, names of errors."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import Role, Server, allow
from tests.local.states.running import Run, run

Clients = Callable[[str], Any]
Roles = Callable[..., Role]


def call(server: Server, role: Role, resource: str, arguments: dict[str, Any]) -> Run:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
    return run(server, {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}, role.arn)


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ("text data", b'"text data"'),
        ('a "quote"', b'"a \\"quote\\""'),
        ("", b'""'),
        ({"a": "\u00e9"}, '{"a":"\u00e9"}'.encode()),
        ([1, 2], b"[1,2]"),
        (0, b"0"),
        (True, b"true"),
    ],
)
def test_an_objects_body_is_stored_as_json(
    server: Server, make_role: Roles, client: Clients, body: Any, stored: bytes
) -> None:
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=bucket)
    arguments = {"Bucket": bucket, "Key": "a", "Body": body}
    put = call(server, make_role(allow("s3:PutObject")), "aws-sdk:s3:putObject", arguments)
    assert put.output["ServerSideEncryption"] == "AES256"
    assert put.output["ChecksumCRC32"]
    got = client("s3").get_object(Bucket=bucket, Key="a")
    assert (got["Body"].read(), got["ContentType"]) == (stored, "binary/octet-stream")


GOOD = {"Source": "s", "DetailType": "t", "Detail": {"a": 1}}


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        (
            {"DetailType": "t", "Detail": {}},
            "InvalidArgument",
            "Parameter Source is not valid. Reason: Source is a required argument.",
        ),
        (
            {"Source": "s", "Detail": {}},
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        ({**GOOD, "Detail": "no json"}, "MalformedDetail", "Detail is malformed."),
        ({**GOOD, "Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
    ],
)
def test_a_refused_entry_fails_the_task(
    server: Server, make_role: Roles, entry: dict[str, Any], code: str, message: str
) -> None:
    role = make_role(allow("events:PutEvents"))
    failed = call(server, role, "events:putEvents", {"Entries": [GOOD, entry]})
    assert (failed.status, failed.error) == ("FAILED", "EventBridge.FailedEntry")
    told = json.loads(str(failed.cause))
    assert told["FailedEntryCount"] == 1
    assert "EventId" in told["Entries"][0]
    assert told["Entries"][1] == {"ErrorCode": code, "ErrorMessage": message}
    assert call(server, role, "events:putEvents", {"Entries": [GOOD]}).status == "SUCCEEDED"


def test_errors_of_sqs_and_sns_have_the_sdks_names(server: Server, make_role: Roles, client: Clients) -> None:
    role = make_role(allow(["sqs:*", "sns:*"]))
    queue = client("sqs").create_queue(QueueName=f"test-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    empty = call(server, role, "sqs:sendMessage", {"QueueUrl": queue, "MessageBody": ""})
    assert empty.error == "SQS.AmazonSQSException"
    told = "(Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: "
    assert told in str(empty.cause)
    elsewhere = call(server, role, "sqs:sendMessage", {"QueueUrl": "http://nowhere/q", "MessageBody": "a"})
    assert (elsewhere.error, elsewhere.cause) == (
        "SQS.SdkClientException",
        "Unable to execute HTTP request: nowhere: Name or service not known",
    )
    topic = "arn:aws:sns:us-east-1:000000000000:none"
    absent = call(server, role, "sns:publish", {"TopicArn": topic, "Message": "a"})
    assert absent.error == "SNS.NotFoundException"
    assert "(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: " in str(absent.cause)


def test_a_required_member_that_is_null(server: Server, make_role: Roles) -> None:
    role = make_role(allow("dynamodb:*"))
    failed = call(server, role, "aws-sdk:dynamodb:putItem", {"TableName": "none", "Item": None})
    assert failed.error == "DynamoDb.DynamoDbException"
    assert str(failed.cause).startswith("1 validation error detected: Value null at 'item' failed to satisfy")


def test_a_machine_that_is_not_there_is_deleted(server: Server) -> None:
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:none"
    assert server.client("stepfunctions").delete_state_machine(stateMachineArn=arn)
