"""Tasks, their resources, retries and catches: what Step Functions refuses."""

from typing import Any

import pytest

from tests.local.states.definitions.definitions import (
    SCHEMA,
    TASK,
    integration,
    jsonata,
    machine,
    only,
    refusals,
)

ALL = ["States.ALL"]
UNKNOWN = "The value is not a valid resource ARN, or the resource is not available in this region."


def retried(**more: Any) -> dict[str, Any]:
    return machine(TASK | {"Retry": [{"ErrorEquals": ALL, **more}]})


def caught(**more: Any) -> dict[str, Any]:
    return machine(TASK | {"Catch": [{"ErrorEquals": ALL, "Next": "B", **more}]}, "B")


TASKS = [
    (machine({"Type": "Task", "End": True}), f"{SCHEMA}: These fields are required: [Resource] at /States/A"),
    (
        machine(TASK | {"Resource": "lambda"}),
        f"{SCHEMA}: Value is not a valid resource ARN at /States/A/Resource",
    ),
    *(
        (
            machine(integration(called)),
            f"{SCHEMA}: The resource provided arn:aws:states:::{called} is not recognized. {UNKNOWN} "
            "at /States/A/Resource",
        )
        for called in (
            *("dynamodb:query", "lambda:invoke.sync", "sagemaker:createApp", "nothing:atAll", "s3:getObject"),
            *("sagemaker:createModel.sync", "sagemaker:createTrainingJob.waitForTaskToken", "lambda"),
            *(
                "glue:startJobRun.sync:2",
                "aws-sdk:s3:getObject.sync",
                "aws-sdk:s3:getObjects",
                "aws-sdk:s4:getObject",
            ),
        )
    ),
    (
        machine({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}),
        f"{SCHEMA}: Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke "
        "at /States/A/Resource",
    ),
    (
        machine(integration("lambda:invoke")),
        f"{SCHEMA}: The field 'FunctionName' is required but was missing at /States/A/Parameters",
    ),
    *(
        (
            machine(TASK | {"Credentials": credentials}),
            f"{SCHEMA}: The field 'RoleArn' is required but was missing at /States/A/Credentials",
        )
        for credentials in ({}, {"Role": "r"})
    ),
    (machine(TASK | {"TimeoutSeconds": 0}), f"{SCHEMA}: Minimum value is 1 at /States/A/TimeoutSeconds"),
    (
        machine(TASK | {"TimeoutSeconds": 10**8}),
        f"{SCHEMA}: Maximum value is 99999999 at /States/A/TimeoutSeconds",
    ),
    (
        jsonata(TASK | {"TimeoutSeconds": "9"}),
        f"{SCHEMA}: Expected value of type Integer at /States/A/TimeoutSeconds",
    ),
    (
        machine(TASK | {"TimeoutSeconds": 5, "HeartbeatSeconds": 5}),
        f"{SCHEMA}: HeartbeatSeconds must be smaller than TimeoutSeconds at /States/A/HeartbeatSeconds",
    ),
    (
        machine(TASK | {"TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"}),
        f"{SCHEMA}: There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] "
        "at /States/A",
    ),
    (retried(ErrorEquals=[]), f"{SCHEMA}: Value cannot be empty at /States/A/Retry[0]/ErrorEquals"),
    (
        retried(ErrorEquals=["States.ALL", "E"]),
        f"{SCHEMA}: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
    ),
    (
        machine(TASK | {"Retry": [{"ErrorEquals": ALL}, {"ErrorEquals": ["E"]}]}),
        f"{SCHEMA}: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
    ),
    (
        machine(TASK | {"Retry": [{}]}),
        f"{SCHEMA}: These fields are required: [ErrorEquals] at /States/A/Retry[0]",
    ),
    (retried(IntervalSeconds=-1), f"{SCHEMA}: Minimum value is 0 at /States/A/Retry[0]/IntervalSeconds"),
    (retried(MaxAttempts=-1), f"{SCHEMA}: Minimum value is 0 at /States/A/Retry[0]/MaxAttempts"),
    (retried(BackoffRate=0.5), f"{SCHEMA}: Minimum value is 1.0 at /States/A/Retry[0]/BackoffRate"),
    (retried(MaxDelaySeconds=0), f"{SCHEMA}: Minimum value is 1 at /States/A/Retry[0]/MaxDelaySeconds"),
    (
        retried(JitterStrategy="SOME"),
        f"{SCHEMA}: Value should be one of the following: [NONE, FULL] at /States/A/Retry[0]/JitterStrategy",
    ),
    (retried(Wait=1), f"{SCHEMA}: Field 'Wait' is not supported at /States/A/Retry[0]"),
    (
        machine(TASK | {"Catch": [{"ErrorEquals": ALL}]}),
        f"{SCHEMA}: These fields are required: [Next] at /States/A/Catch[0]",
    ),
    (caught(Output=1), f"{SCHEMA}: {only('JSONata', 'Output')} at /States/A/Catch[0]"),
]


@pytest.mark.parametrize(("definition", "reason"), TASKS)
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found
