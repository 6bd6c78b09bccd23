"""Errors of services reach a machine by their declared names, all others by the service's general one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import run

Roles = Callable[..., Role]

NO_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
NO_MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:none"
ENTRY = {"Source": "a", "DetailType": "b", "Detail": {}}
KEY = {"TableName": "none", "Key": {"pk": {"S": "a"}}}
CALLS: list[tuple[str, dict[str, Any], str | None, str]] = [
    (
        "lambda:invoke",
        {"FunctionName": NO_FUNCTION},
        "Lambda.ResourceNotFoundException",
        "Lambda.AWSLambdaException",
    ),
    ("dynamodb:getItem", KEY, "DynamoDB.ResourceNotFoundException", "DynamoDB.AmazonDynamoDBException"),
    ("events:putEvents", {"Entries": [ENTRY]}, None, "EventBridge.AmazonEventBridgeException"),
    (
        "states:startExecution",
        {"StateMachineArn": NO_MACHINE},
        "StepFunctions.StateMachineDoesNotExistException",
        "StepFunctions.AWSStepFunctionsException",
    ),
    (
        "aws-sdk:sagemaker:describeModelPackage",
        {"ModelPackageName": "none"},
        None,
        "SageMaker.SageMakerException",
    ),
]


@pytest.mark.parametrize(("resource", "arguments", "declared", "general"), CALLS)
def test_names(
    server: Server,
    make_role: Roles,
    resource: str,
    arguments: dict[str, Any],
    declared: str | None,
    general: str,
) -> None:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}
    denied = run(server, machine, make_role().arn)
    assert denied.error == general
    assert "is not authorized to perform" in str(denied.cause)
    if declared is not None:
        assert run(server, machine, make_role(allow("*")).arn).error == declared
