"""A machine that starts another and waits for it: permissions, output, failures, names, and stopping."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import Run, create, ended, run
from tests.local.states.test_control_plane import until

Roles = Callable[..., Role]
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"


def alone(state: dict[str, Any]) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"End": True, **state}}}


ANSWERS = alone({"Type": "Pass", "Output": {"seen": "{% $states.input.number %}"}})
WAITS = alone({"Type": "Wait", "Seconds": 6000})
FAILS: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "A",
    "States": {"A": {"Type": "Fail", "Error": "RolledBack", "Cause": 'back to "one"'}},
}


def following(child: str, **more: Any) -> dict[str, Any]:
    """A machine that follows another one."""
    arguments = {"StateMachineArn": child, "Name": "given", "Input": {"number": 7}}
    resource = "arn:aws:states:::states:startExecution.sync:2"
    return alone({"Type": "Task", "Resource": resource, "Arguments": arguments, **more})


def statements(child: str) -> list[dict[str, Any]]:
    """What the role of a machine that follows another one needs."""
    executions = child.replace(":stateMachine:", ":execution:") + ":*"
    return [
        allow("states:StartExecution", child),
        allow("states:DescribeExecution", executions),
        allow("states:StopExecution", executions),
        *(allow(f"events:{action}", RULE) for action in ("PutTargets", "PutRule", "DescribeRule")),
    ]


def followed(server: Server, make_role: Roles, definition: dict[str, Any], **more: Any) -> tuple[str, Run]:
    child = create(server, definition, make_role().arn)
    return child, run(server, following(child, **more), make_role(*statements(child)).arn)


def test_the_other_ones_output_comes_as_json(server: Server, make_role: Roles) -> None:
    child, done = followed(server, make_role, ANSWERS)
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    assert done.output["Output"] == {"seen": 7}
    assert done.output["ExecutionArn"] == child.replace(":stateMachine:", ":execution:") + ":given"


def test_its_failure_is_a_failed_task_with_its_own_error_in_the_cause(
    server: Server, make_role: Roles
) -> None:
    _, done = followed(server, make_role, FAILS)
    assert (done.status, done.error) == ("FAILED", "States.TaskFailed")
    cause = json.loads(str(done.cause))
    assert (cause["Error"], cause["Cause"], cause["Status"]) == ("RolledBack", 'back to "one"', "FAILED")


@pytest.mark.parametrize(("number", "status"), [(0, "FAILED"), (1, "FAILED"), (3, "ACCESS")])
def test_each_permission_is_needed(server: Server, make_role: Roles, number: int, status: str) -> None:
    child = create(server, ANSWERS, make_role().arn)
    kept = statements(child)
    missing = kept.pop(number)["Action"]
    role = make_role(*kept).arn
    if status == "ACCESS":
        with pytest.raises(Exception, match=f"not authorized to create managed-rule.*{missing}"):
            run(server, following(child), role)
        return
    done = run(server, following(child), role)
    assert done.status == status
    assert missing in str(done.cause)


def test_a_taken_name_has_an_error_of_its_own(server: Server, make_role: Roles) -> None:
    child, _ = followed(server, make_role, ANSWERS)
    again = run(server, following(child), make_role(*statements(child)).arn)
    assert (again.status, again.error) == ("FAILED", "StepFunctions.ExecutionAlreadyExistsException")


def test_a_running_one_of_the_same_name_and_input_is_followed(server: Server, make_role: Roles) -> None:
    slow = alone({"Type": "Wait", "Seconds": 30, "Output": {"slow": True}})
    child = create(server, slow, make_role().arn)
    role = make_role(*statements(child)).arn
    server.client("stepfunctions").start_execution(
        stateMachineArn=child, name="given", input=json.dumps({"number": 7})
    )
    done = run(server, following(child), role)
    assert done.status == "SUCCEEDED", (done.error, done.cause)


@pytest.mark.parametrize("timeout", [None, 1])
def test_what_is_followed_ends_with_the_one_that_follows(
    server: Server, make_role: Roles, timeout: int | None
) -> None:
    child = create(server, WAITS, make_role().arn)
    more = {} if timeout is None else {"TimeoutSeconds": timeout}
    parent = create(server, following(child, **more), make_role(*statements(child)).arn)
    states = server.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=parent, input="{}")["executionArn"]
    nested = child.replace(":stateMachine:", ":execution:") + ":given"
    until(lambda: bool(states.list_executions(stateMachineArn=child)["executions"]))
    if timeout is None:
        states.stop_execution(executionArn=arn)
    assert ended(server, arn).status in ("ABORTED", "FAILED")
    started = time.monotonic()
    assert ended(server, nested, started).status == "ABORTED"
