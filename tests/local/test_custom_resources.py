"""A custom resource is asked to create, update and delete, and its answer is waited for."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError

Clients = Callable[[str], Any]

PROVIDER = """
import json, time, urllib.request

def handler(event, context):
    asked = event["ResourceProperties"]
    print("asked to", event["RequestType"], asked["Version"])
    time.sleep(1)
    refused = asked["Version"] == "refused" and event["RequestType"] != "Delete"
    answer = {
        "Status": "FAILED" if refused else "SUCCESS",
        "Reason": "refused on purpose",
        "PhysicalResourceId": event.get("PhysicalResourceId", "made"),
        "Data": {"Said": event["RequestType"] + " " + asked["Version"]},
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], data=body, method="PUT"))
"""


def template(kind: str, version: str) -> str:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
        },
    }
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": PROVIDER},
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.12",
            "Timeout": 20,
        },
    }
    custom = {
        "Type": kind,
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Version": version},
    }
    return json.dumps(
        {
            "Resources": {"Role": role, "Function": function, "Custom": custom},
            "Outputs": {
                "Said": {"Value": {"Fn::GetAtt": ["Custom", "Said"]}},
                "Function": {"Value": {"Ref": "Function"}},
            },
        }
    )


def outputs(client: Clients, stack: str) -> dict[str, str]:
    described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def wait(client: Clients, stack: str, event: str) -> None:
    client("cloudformation").get_waiter(f"stack_{event}_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


@pytest.mark.parametrize("kind", ["Custom::Probe", "AWS::CloudFormation::CustomResource"])
def test_lives_with_its_stack(client: Clients, kind: str) -> None:
    stack, cloudformation = f"test-{uuid.uuid4().hex[:12]}", client("cloudformation")
    capabilities = ["CAPABILITY_IAM"]
    cloudformation.create_stack(StackName=stack, TemplateBody=template(kind, "1"), Capabilities=capabilities)
    wait(client, stack, "create")
    assert outputs(client, stack)["Said"] == "Create 1"
    function = outputs(client, stack)["Function"]
    cloudformation.update_stack(StackName=stack, TemplateBody=template(kind, "2"), Capabilities=capabilities)
    wait(client, stack, "update")
    assert outputs(client, stack)["Said"] == "Update 2"
    cloudformation.delete_stack(StackName=stack)
    wait(client, stack, "delete")
    found = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    asked = [event["message"] for event in found if event["message"].startswith("asked to")]
    assert asked == ["asked to Create 1", "asked to Update 2", "asked to Delete 2"]


def test_a_refusal_rolls_the_stack_back_and_says_why(client: Clients) -> None:
    stack, cloudformation = f"test-{uuid.uuid4().hex[:12]}", client("cloudformation")
    cloudformation.create_stack(
        StackName=stack, TemplateBody=template("Custom::Probe", "refused"), Capabilities=["CAPABILITY_IAM"]
    )
    with pytest.raises(WaiterError):
        wait(client, stack, "create")
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert any("refused on purpose" in event.get("ResourceStatusReason", "") for event in events)
    cloudformation.delete_stack(StackName=stack)
