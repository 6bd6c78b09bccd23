"""Activities: workers take tasks, beat, succeed and fail; machines wait for them."""

import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION, Role, Server
from tests.local.states.running import Run, create, ended, events

Roles = Callable[..., Role]


@pytest.fixture
def activity(server: Server) -> str:
    arn = server.client("stepfunctions").create_activity(name=f"work-{uuid.uuid4().hex[:8]}")["activityArn"]
    return str(arn)


def waiting(server: Server, role: Role, activity: str, **task: Any) -> str:
    """Start a machine with one activity task; returns the execution."""
    machine = {
        "StartAt": "A",
        "States": {"A": {"Type": "Task", "Resource": activity, "End": True, **task}},
    }
    arn = create(server, machine, role.arn)
    started = server.client("stepfunctions").start_execution(stateMachineArn=arn, input='{"n": 1}')
    return str(started["executionArn"])


def take(server: Server, activity: str, worker: str = "w") -> dict[str, Any]:
    task: dict[str, Any] = server.client("stepfunctions").get_activity_task(
        activityArn=activity, workerName=worker
    )
    return task


def test_a_worker_does_a_task(server: Server, make_role: Roles, activity: str) -> None:
    states = server.client("stepfunctions")
    execution = waiting(server, make_role(), activity, HeartbeatSeconds=60)
    task = take(server, activity)
    assert json.loads(task["input"]) == {"n": 1}
    states.send_task_heartbeat(taskToken=task["taskToken"])
    states.send_task_success(taskToken=task["taskToken"], output='{"done": true}')
    done = ended(server, execution)
    assert (done.status, done.output) == ("SUCCEEDED", {"done": True}), done.cause
    history = [event["type"] for event in events(server, execution)]
    assert history[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    with pytest.raises(ClientError) as late:
        states.send_task_success(taskToken=task["taskToken"], output="{}")
    assert late.value.response["Error"]["Code"] == "TaskTimedOut"


def test_a_worker_that_waits_first(server: Server, make_role: Roles, activity: str) -> None:
    found: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: found.append(take(server, activity)))
    worker.start()
    execution = waiting(server, make_role(), activity)
    worker.join(20)
    states = server.client("stepfunctions")
    states.send_task_failure(taskToken=found[0]["taskToken"], error="Boom", cause="c")
    done = ended(server, execution)
    assert (done.status, done.error, done.cause) == ("FAILED", "Boom", "c")


def test_a_task_that_nobody_takes_in_time(server: Server, make_role: Roles, activity: str) -> None:
    done = ended(server, waiting(server, make_role(), activity, TimeoutSeconds=1))
    assert (done.status, done.error) == ("FAILED", "States.Timeout")


def test_an_activity_that_is_not_there(server: Server, make_role: Roles) -> None:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:activity:none"
    done: Run = ended(server, waiting(server, make_role(), arn))
    assert (done.status, done.error) == ("FAILED", "States.Runtime")
    assert f"The activity {arn} does not exist." in str(done.cause)


def test_a_token_that_never_was(server: Server) -> None:
    states = server.client("stepfunctions")
    given: dict[str, dict[str, str]] = {
        "send_task_success": {"output": "{}"},
        "send_task_failure": {},
        "send_task_heartbeat": {},
    }
    for operation, more in given.items():
        with pytest.raises(ClientError) as refused:
            getattr(states, operation)(taskToken="nonsense", **more)
        assert refused.value.response["Error"] == {
            "Code": "InvalidToken",
            "Message": "Invalid Token: 'Invalid token'",
        }
