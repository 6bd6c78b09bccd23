"""An Express machine asks an endpoint: payloads as text, the errors' names, permission and time limit.

The names are those of the AWS SDK for Java 2, on which Step Functions stands: the API's own with
``Exception`` at the end.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import ACCOUNT, REGION, allow
from tests.local.sagemaker.lab import policy
from tests.local.sagemaker.serving import VARIANT, Serving, variant

Ask = Callable[..., Any]

ENDPOINTS = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/*"


@pytest.fixture(scope="module")
def talking(serving: Serving) -> str:
    return serving.endpoint(serving.config(variant(serving.talking("hello"))))


@pytest.fixture(scope="module")
def ask(serving: Serving) -> Ask:
    """Runs a machine of one InvokeEndpoint task; further members of the task by `task`."""
    iam, states = serving.server.client("iam"), serving.server.client("stepfunctions")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    name = f"machine-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]

    def asked(
        allowed: str = ENDPOINTS, task: dict[str, Any] | None = None, **arguments: Any
    ) -> dict[str, Any]:
        iam.put_role_policy(
            RoleName=name,
            PolicyName="ask",
            PolicyDocument=policy(allow("sagemaker:InvokeEndpoint", allowed)),
        )
        resource = "arn:aws:states:::aws-sdk:sagemakerruntime:invokeEndpoint"
        state = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **(task or {})}
        machine = states.create_state_machine(
            name=uuid.uuid4().hex,
            roleArn=role,
            type="EXPRESS",
            definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "Ask", "States": {"Ask": state}}),
        )["stateMachineArn"]
        answer: dict[str, Any] = states.start_sync_execution(
            stateMachineArn=machine, input=json.dumps({"row": {"x": 1.5}})
        )
        return answer

    return asked


def test_payloads_are_text(talking: str, ask: Ask) -> None:
    answer = ask(
        EndpointName=talking,
        Body="{% $string($states.input.row) %}",
        ContentType="application/jsonlines",
        CustomAttributes="trace=1",
        InferenceId="request-1",
        TargetVariant=VARIANT,
    )
    assert answer["status"] == "SUCCEEDED", answer
    output = json.loads(answer["output"])
    assert output["InvokedProductionVariant"] == VARIANT
    assert output["CustomAttributes"] == "seen trace=1"
    assert output["ContentType"] == "application/json"
    heard = json.loads(output["Body"])
    assert json.loads(heard["body"]) == {"x": 1.5}
    assert heard["headers"]["X-Amzn-SageMaker-Inference-Id"] == "request-1"
    assert heard["headers"]["Content-Type"] == "application/jsonlines"


def test_an_answer_read_in_the_machine(talking: str, ask: Ask) -> None:
    read = {"Output": "{% $parse($states.result.Body).word %}"}
    assert json.loads(ask(EndpointName=talking, Body="hi", task=read)["output"]) == "hello"


def test_errors_of_model_and_endpoint(talking: str, ask: Ask) -> None:
    broken = ask(EndpointName=talking, Body="break")
    assert (broken["status"], broken["error"]) == ("FAILED", "SageMakerRuntime.ModelErrorException")
    assert "Received server error (500)" in broken["cause"]
    absent = ask(EndpointName="no-such-endpoint", Body="a")
    assert absent["error"] == "SageMakerRuntime.ValidationErrorException"


def test_without_permission(talking: str, ask: Ask) -> None:
    refused = ask(EndpointName=talking, Body="a", allowed=f"{ENDPOINTS[:-1]}other")
    assert refused["error"] == "SageMakerRuntime.SageMakerRuntimeException"
    assert "is not authorized to perform: sagemaker:InvokeEndpoint" in refused["cause"]


def test_a_model_that_is_slow(talking: str, ask: Ask) -> None:
    started = time.monotonic()
    late = ask(EndpointName=talking, Body="sleep 4", task={"TimeoutSeconds": 1})
    assert (late["status"], late["error"]) == ("FAILED", "States.Timeout")
    assert time.monotonic() - started < 3
