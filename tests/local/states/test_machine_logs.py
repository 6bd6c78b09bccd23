"""A machine's executions are logged to its group at its level."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import run
from tests.local.states.test_control_plane import until

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

FAILS = {
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Fail", "Error": "E"}},
}


@pytest.mark.parametrize(
    ("level", "first"),
    [("ALL", "ExecutionStarted"), ("ERROR", "FailStateEntered"), ("FATAL", "ExecutionFailed")],
)
@pytest.mark.parametrize("with_data", [True, False])
def test_logs_at_its_level(
    server: Server, make_role: Roles, client: Clients, level: str, first: str, with_data: bool
) -> None:
    group = f"/test/{uuid.uuid4().hex}"
    client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    logging = {
        "level": level,
        "includeExecutionData": with_data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
    }
    done = run(server, FAILS, make_role(allow("logs:*")).arn, {"secret": 1}, loggingConfiguration=logging)
    found = until(lambda: client("logs").filter_log_events(logGroupName=group)["events"])
    messages = [json.loads(event["message"]) for event in found]
    assert messages[0]["type"] == first
    assert {message["execution_arn"] for message in messages} == {done.arn}
    if level == "ALL":
        assert ("secret" in json.dumps(messages)) == with_data


DELIVERED = {
    "Effect": "Allow",
    "Principal": {"Service": "delivery.logs.amazonaws.com"},
    "Action": "kms:Decrypt",
    "Resource": "*",
}


def of_the_logs_of(account: str) -> dict[str, Any]:
    source = f"arn:aws:logs:{REGION}:{account}:*"
    return {**DELIVERED, "Condition": {"StringEquals": {"kms:EncryptionContext:SourceArn": source}}}


@pytest.mark.parametrize(
    ("delivery", "logged"),
    [([of_the_logs_of(ACCOUNT)], True), ([of_the_logs_of("999999999999")], False), ([], False)],
)
def test_an_encrypted_machine_logs_when_its_key_lets_the_delivery_decrypt(
    server: Server, make_role: Roles, client: Clients, delivery: list[dict[str, Any]], logged: bool
) -> None:
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [root, *delivery]})
    key = client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    group = f"/test/{uuid.uuid4().hex}"
    client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    done = run(
        server,
        FAILS,
        make_role(allow("logs:*"), allow("kms:*", key)).arn,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": False,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        },
        encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": key},
    )
    assert done.status == "FAILED"
    if logged:
        assert until(lambda: client("logs").filter_log_events(logGroupName=group)["events"])
    else:
        assert client("logs").describe_log_streams(logGroupName=group)["logStreams"] == []
