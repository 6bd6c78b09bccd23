"""A log group is encrypted only with a key whose policy lets CloudWatch Logs use it."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.local.embedded import ACCOUNT, REGION

Clients = Callable[[str], Any]

ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
    "Resource": "*",
    "Condition": {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:*"},
    },
}
ELSEWHERE = {**LOGS, "Principal": {"Service": "logs.eu-west-1.amazonaws.com"}}
ANOTHER_GROUP = {
    **LOGS,
    "Condition": {
        "ArnEquals": {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:another"
        }
    },
}
READS_ONLY = {**LOGS, "Action": ["kms:Decrypt*", "kms:Describe*"]}
REFUSED = "does not exist or is not allowed to be used with LogGroup"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def make_key(client: Clients, *statements: dict[str, Any]) -> str:
    made = client("kms").create_key(Policy=json.dumps(policy(*statements)))
    return str(made["KeyMetadata"]["Arn"])


def make_group(client: Clients, key: str) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("logs").create_log_group(logGroupName=name, kmsKeyId=key)
    return name


def test_a_key_that_lets_the_service_in_is_taken(client: Clients) -> None:
    name = make_group(client, make_key(client, ROOT, LOGS))
    (found,) = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert found["logGroupName"] == name


@pytest.mark.parametrize(
    "statements", [(ROOT,), (ROOT, ELSEWHERE), (ROOT, ANOTHER_GROUP), (ROOT, READS_ONLY)]
)
def test_a_key_that_does_not_is_refused(client: Clients, statements: tuple[dict[str, Any], ...]) -> None:
    key = make_key(client, *statements)
    with pytest.raises(ClientError, match=REFUSED) as refused:
        make_group(client, key)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_key_that_is_not_there_or_disabled_is_refused(client: Clients) -> None:
    key = make_key(client, ROOT, LOGS)
    client("kms").disable_key(KeyId=key)
    for arn in (key, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{uuid.uuid4()}"):
        with pytest.raises(ClientError, match=REFUSED):
            make_group(client, arn)


@pytest.mark.parametrize("lets_in", [True, False])
def test_a_stack_with_such_a_group_is_refused_too(client: Clients, lets_in: bool) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    statements = (ROOT, LOGS) if lets_in else (ROOT,)
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy(*statements)}}
    group = {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
    }
    cloudformation = client("cloudformation")
    template = json.dumps({"Resources": {"Key": key, "Group": group}})
    cloudformation.create_stack(StackName=name, TemplateBody=template)
    waiter = cloudformation.get_waiter("stack_create_complete")
    if lets_in:
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
        cloudformation.delete_stack(StackName=name)
        return
    with pytest.raises(WaiterError):
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any(REFUSED in event.get("ResourceStatusReason", "") for event in events)
