"""Executions while they run: progress, stopping, starting twice, callbacks, what is told at the end."""

import json
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import PACKAGE, Role, Server, allow, embedded_python
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


LOOKS_AS_IT_ENDS = """
import importlib, json, runpy, threading
from pathlib import Path
from types import SimpleNamespace
runpy.run_path({main!r})["load_package"]()
options = importlib.import_module("mdlc_local.options")
options.use(options.Options(port=4566, state_dir=Path({state!r})))
control_plane = importlib.import_module("mdlc_local.states.control_plane")
arn = "arn:aws:states:us-east-1:000000000000:execution:m:e"
record = {{"executionArn": arn, "stateMachineArn": "m", "name": "e", "startDate": "", "input": ""}}
record.update(status="RUNNING", events=[], sync=True)
control_plane.stepfunctions._executions[arn] = record
control_plane.stepfunctions._state_machines["m"] = {{"name": "m", "loggingConfiguration": {{"level": "OFF"}}}}
runs, may_end = threading.Event(), threading.Event()

class Execution:
    environment = None
    def __init__(self, **given):
        self.arn = given["arn"]
    def run(self):
        runs.set()
        may_end.wait(20)
        return SimpleNamespace(status="SUCCEEDED", output="1", error=None, cause=None)
    def tokens(self):
        return []
    def history(self):
        if threading.current_thread() is running:
            return ["began", "ended"]
        may_end.set()
        running.join(20)
        return ["began"]

control_plane.interpreter = lambda: SimpleNamespace(Execution=Execution)
running = threading.Thread(target=control_plane.run_execution, args=(arn,))
running.start()
runs.wait(20)
control_plane._live(lambda data: None)({{"executionArn": arn}})
print(json.dumps([record["status"], record["events"]]))
"""


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


def test_who_looks_as_it_ends_costs_no_part_of_the_history(tmp_path: Path) -> None:
    program = LOOKS_AS_IT_ENDS.format(main=str(PACKAGE / "__main__.py"), state=str(tmp_path))
    done = subprocess.run([embedded_python(), "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["SUCCEEDED", ["began", "ended"]]


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
