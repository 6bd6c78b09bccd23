"""Executions while they run: progress, stopping, starting twice, callbacks, what is told at the end."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import Role, Server, allow
from tests.local.states.running import create, ended, events

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

SLOW = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 600, "End": True},
    },
}


def entered(server: Server, execution_arn: str) -> list[str]:
    """The states entered so far."""
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in events(server, execution_arn)
        if "stateEnteredEventDetails" in event
    ]


def until(found: Callable[[], Any], timeout_seconds: float = 20) -> Any:
    deadline = time.monotonic() + timeout_seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return value


@pytest.fixture
def slow(server: Server, make_role: Roles) -> str:
    return create(server, SLOW, make_role().arn)


def test_history_shows_a_state_when_it_is_entered(server: Server, client: Clients, slow: str) -> None:
    states = client("stepfunctions")
    arn = states.start_execution(stateMachineArn=slow)["executionArn"]
    until(lambda: entered(server, arn) == ["First", "Wait"])
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    states.stop_execution(executionArn=arn)


def test_stop_ends_the_run(server: Server, client: Clients, slow: str) -> None:
    states = client("stepfunctions")
    arn = states.start_execution(stateMachineArn=slow)["executionArn"]
    until(lambda: "Wait" in entered(server, arn))
    states.stop_execution(executionArn=arn, error="Enough", cause="of it")
    stopped = ended(server, arn)
    assert (stopped.status, stopped.error, stopped.cause) == ("ABORTED", "Enough", "of it")
    assert until(lambda: [e["type"] for e in events(server, arn)][-1]) == "ExecutionAborted"


def test_the_same_start_is_the_same_execution(server: Server, client: Clients, slow: str) -> None:
    states = client("stepfunctions")
    start = {"stateMachineArn": slow, "name": "once", "input": '{"a": 1}'}
    arn = states.start_execution(**start)["executionArn"]
    assert states.start_execution(**start)["executionArn"] == arn
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        states.start_execution(**(start | {"input": '{"a": 2}'}))
    states.stop_execution(executionArn=arn)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        states.start_execution(**start)


def test_the_machine_of_an_execution(client: Clients, slow: str) -> None:
    states = client("stepfunctions")
    arn = states.start_execution(stateMachineArn=slow)["executionArn"]
    states.stop_execution(executionArn=arn)
    described = states.describe_state_machine_for_execution(executionArn=arn)
    assert json.loads(described["definition"]) == SLOW


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_task_token_is_called_back(
    server: Server, client: Clients, make_role: Roles, succeeds: bool
) -> None:
    queue = client("sqs").create_queue(QueueName=f"test-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"QueueUrl": queue, "MessageBody": {"token": "{% $states.context.Task.Token %}"}},
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}
    states = client("stepfunctions")
    machine = create(server, definition, make_role(allow("sqs:SendMessage")).arn)
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    message = until(lambda: client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))[
        0
    ]
    token = json.loads(message["Body"])["token"]
    states.send_task_heartbeat(taskToken=token)
    if succeeds:
        states.send_task_success(taskToken=token, output='{"approved": true}')
        assert ended(server, arn).output == {"approved": True}
    else:
        states.send_task_failure(taskToken=token, error="Rejected", cause="by hand")
        assert ended(server, arn).error == "Rejected"
    with pytest.raises(ClientError):
        states.send_task_success(taskToken=token, output="{}")


def test_the_end_is_an_event_and_a_metric(server: Server, client: Clients, make_role: Roles) -> None:
    queue = client("sqs").create_queue(QueueName=f"test-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    queue_arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    machine = create(
        server, {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}, make_role().arn
    )
    rule = f"test-{uuid.uuid4().hex[:12]}"
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"], "stateMachineArn": [machine]}}
    client("sqs").set_queue_attributes(
        QueueUrl=queue,
        Attributes={
            "Policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": "*",
                        }
                    ],
                }
            )
        },
    )
    client("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    client("events").put_targets(
        Rule=rule, Targets=[{"Id": "queue", "Arn": queue_arn["Attributes"]["QueueArn"]}]
    )
    states = client("stepfunctions")
    ended(server, states.start_execution(stateMachineArn=machine)["executionArn"])
    message = until(lambda: client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))[
        0
    ]
    assert json.loads(message["Body"])["detail"]["error"] == "E"
    metrics = until(
        lambda: client("cloudwatch").list_metrics(
            Namespace="AWS/States",
            MetricName="ExecutionsFailed",
            Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
        )["Metrics"]
    )
    assert len(metrics) == 1
