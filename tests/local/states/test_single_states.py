"""TestState answers with the interpreter that runs executions."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import Server

JOB: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "Type": "Task",
    "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
    "Arguments": {"TrainingJobName": "{% $states.input.name & '-1' %}"},
    "Output": "{% $states.result.TrainingJobArn %}",
    "Assign": {"arn": "{% $states.result.TrainingJobArn %}"},
    "Retry": [{"ErrorEquals": ["SageMaker.Busy"], "MaxAttempts": 1}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Failed"}],
    "Next": "Done",
}
DONE = {"result": json.dumps({"TrainingJobArn": "arn"})}
ITEMS = {
    "QueryLanguage": "JSONata",
    "Type": "Map",
    "Items": "{% $states.input.items %}",
    "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}},
    "Output": "{% $sum($states.result) %}",
    "End": True,
}


def jsonata(**state: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **state}


def fails(error: str) -> dict[str, Any]:
    return {"errorOutput": {"error": error, "cause": "why"}}


def asked(server: Server, definition: Any, **request: Any) -> dict[str, Any]:
    texts = {
        name: value if isinstance(value, str) or name in ("mock", "stateConfiguration") else json.dumps(value)
        for name, value in request.items()
    }
    answer: dict[str, Any] = server.client("stepfunctions").test_state(
        definition=definition if isinstance(definition, str) else json.dumps(definition), **texts
    )
    answer.pop("ResponseMetadata")
    return answer


@pytest.mark.parametrize(
    ("definition", "request_", "answer"),
    [
        (
            jsonata(Type="Pass", Output="{% $states.input.a + $b %}", Next="B"),
            {"input": {"a": 1}, "variables": {"b": 2}},
            {"status": "SUCCEEDED", "output": "3", "nextState": "B"},
        ),
        (
            jsonata(Type="Choice", Choices=[{"Condition": "{% $b %}", "Next": "A"}], Default="D"),
            {"variables": {"b": False}},
            {"status": "SUCCEEDED", "output": "{}", "nextState": "D"},
        ),
        (
            jsonata(Type="Wait", Seconds=1, Next="C"),
            {},
            {"status": "SUCCEEDED", "output": "{}", "nextState": "C"},
        ),
        (jsonata(Type="Succeed", Output=[1]), {}, {"status": "SUCCEEDED", "output": "[1]"}),
        (
            jsonata(Type="Fail", Error="{% 'E' & '1' %}", Cause="why"),
            {},
            {"status": "FAILED", "error": "E1", "cause": "why"},
        ),
        (
            JOB,
            {"input": {"name": "n"}, "mock": DONE},
            {"status": "SUCCEEDED", "output": '"arn"', "nextState": "Done"},
        ),
        (
            JOB,
            {"input": {"name": "n"}, "mock": fails("SageMaker.Busy")},
            {"status": "RETRIABLE", "error": "SageMaker.Busy", "cause": "why"},
        ),
        (
            JOB,
            {
                "input": {"name": "n"},
                "mock": fails("SageMaker.Busy"),
                "stateConfiguration": {"retrierRetryCount": 1},
            },
            {
                "status": "CAUGHT_ERROR",
                "error": "SageMaker.Busy",
                "cause": "why",
                "output": '"SageMaker.Busy"',
                "nextState": "Failed",
            },
        ),
        (
            {**JOB, "Output": "{% $states.result.FailureReason %}"},
            {
                "input": {"name": "n"},
                "mock": {"result": '{"TrainingJobArn": "arn", "FailureReason": "none"}'},
            },
            {"status": "SUCCEEDED", "output": '"none"', "nextState": "Done"},
        ),
        (
            {**JOB, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]},
            {"input": {"name": "n"}, "mock": fails("Any")},
            {"status": "RETRIABLE", "error": "Any", "cause": "why"},
        ),
        (ITEMS, {"mock": {"result": "[4, 5]"}}, {"status": "SUCCEEDED", "output": "9"}),
        (ITEMS, {"mock": fails("E")}, {"status": "FAILED", "error": "E", "cause": "why"}),
    ],
)
def test_a_state_is_run(
    server: Server, definition: dict[str, Any], request_: dict[str, Any], answer: dict[str, Any]
) -> None:
    assert asked(server, definition, **request_) == answer


def test_inspection_shows_arguments_and_variables_and_the_context_is_used(server: Server) -> None:
    state = {**JOB, "Arguments": {"TrainingJobName": "{% $states.context.Execution.Name %}"}}
    context = {"Execution": {"Name": "named"}}
    answer = asked(server, state, mock=DONE, variables={"a": 'b"c'}, context=context, inspectionLevel="DEBUG")
    inspected = answer["inspectionData"]
    assert json.loads(inspected["afterArguments"]) == {"TrainingJobName": "named"}
    assert json.loads(inspected["variables"]) == {"a": 'b"c', "arn": "arn"}


def test_a_state_of_a_machine_is_named(server: Server) -> None:
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed", "Output": 2}},
    }
    assert asked(server, machine, stateName="B") == {"status": "SUCCEEDED", "output": "2"}


@pytest.mark.parametrize(
    ("definition", "request_", "code", "words"),
    [
        ("{", {}, "InvalidDefinition", "not valid JSON"),
        (jsonata(Type="Pass"), {}, "InvalidDefinition", "SCHEMA_VALIDATION_FAILED"),
        (jsonata(Type="Pass", End=True), {"mock": DONE}, "ValidationException", "Task, Map or Parallel"),
        (jsonata(Type="Pass", End=True), {"context": {"a": {}}}, "ValidationException", "with a mock"),
        (jsonata(Type="Pass", End=True), {"stateName": "A"}, "ValidationException", "not of a state machine"),
        (JOB, {"roleArn": "arn:aws:iam::000000000000:role/r"}, "ValidationException", "needs a mock"),
        (JOB, {}, "ValidationException", "roleArn is required"),
        (JOB, {"mock": {"result": "{"}}, "ValidationException", "mock.result"),
        (JOB, {"mock": {**DONE, **fails("E")}}, "ValidationException", "either a result or"),
        (
            JOB,
            {"mock": DONE, "stateConfiguration": {"mapIterationFailureCount": 1}},
            "ValidationException",
            "stateConfiguration.mapIterationFailureCount",
        ),
    ],
)
def test_what_is_wrong_or_not_supported_is_refused(
    server: Server, definition: Any, request_: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ClientError) as caught:
        asked(server, definition, **request_)
    assert caught.value.response["Error"]["Code"] == code
    assert words in str(caught.value)


def test_a_task_without_a_mock_calls_its_service_with_the_role(server: Server, make_role: Any) -> None:
    state = jsonata(
        Type="Task", Resource="arn:aws:states:::aws-sdk:sagemaker:listModels", Arguments={}, End=True
    )
    denied = asked(server, state, roleArn=make_role().arn)
    assert (denied["status"], denied["error"]) == ("FAILED", "SageMaker.SageMakerException")
    allowed = make_role({"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"})
    assert asked(server, state, roleArn=allowed.arn)["status"] == "SUCCEEDED"
