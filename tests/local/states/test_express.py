"""Express machines answer at once, refuse what only standard ones may, and leave nothing but their log."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import create
from tests.local.states.test_control_plane import until

Roles = Callable[..., Role]

DOUBLE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Double",
    "States": {"Double": {"Type": "Pass", "Output": "{% 2 * $states.input.n %}", "End": True}},
}
FAILS = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "NoAnswer", "Cause": "asked to"}}}


def express(server: Server, definition: dict[str, Any], role_arn: str, **more: Any) -> str:
    return create(server, definition, role_arn, type="EXPRESS", **more)


def ask(server: Server, machine_arn: str, given: Any, **more: Any) -> Any:
    return server.client("stepfunctions").start_sync_execution(
        stateMachineArn=machine_arn, input=json.dumps(given), **more
    )


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_answers_with_its_output(server: Server, make_role: Roles) -> None:
    machine = express(server, DOUBLE, make_role().arn)
    answer = ask(server, machine, {"n": 21}, name="once")
    assert (answer["status"], answer["output"], answer["name"]) == ("SUCCEEDED", "42", "once")
    assert answer["executionArn"].startswith(machine.replace(":stateMachine:", ":express:") + ":once:")
    assert json.loads(answer["input"]) == {"n": 21}
    assert answer["billingDetails"]["billedDurationInMilliseconds"] >= 100
    assert answer["stopDate"] >= answer["startDate"]
    again = ask(server, machine, {"n": 4}, name="once")
    assert (again["output"], again["executionArn"] == answer["executionArn"]) == ("8", False)


def test_answers_with_its_failure(server: Server, make_role: Roles) -> None:
    answer = ask(server, express(server, FAILS, make_role().arn), {})
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "NoAnswer", "asked to")
    assert "output" not in answer


def test_runs_no_longer_than_it_may(server: Server, make_role: Roles) -> None:
    slow = {
        "StartAt": "A",
        "TimeoutSeconds": 1,
        "States": {"A": {"Type": "Wait", "Seconds": 300, "End": True}},
    }
    started = time.monotonic()
    answer = ask(server, express(server, slow, make_role().arn), {})
    assert answer["status"] == "TIMED_OUT"
    assert time.monotonic() - started < 5


def test_input_that_is_refused(server: Server, make_role: Roles) -> None:
    start = server.client("stepfunctions").start_sync_execution
    machine = express(server, DOUBLE, make_role().arn)
    assert refused(start, stateMachineArn=machine, input="{")[0] == "InvalidExecutionInput"
    assert refused(start, stateMachineArn=machine, input="{}", name="a b")[0] == "InvalidName"
    large = json.dumps("x" * 262144)
    assert refused(start, stateMachineArn=machine, input=large)[0] == "ValidationException"
    assert refused(start, stateMachineArn=f"{machine}x", input="{}")[0] == "StateMachineDoesNotExist"


def test_operations_of_the_other_kind(server: Server, make_role: Roles) -> None:
    states = server.client("stepfunctions")
    machine = express(server, DOUBLE, make_role().arn)
    execution = ask(server, machine, {"n": 1})["executionArn"]
    wrong = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    for call in (states.describe_execution, states.stop_execution, states.get_execution_history):
        assert refused(call, executionArn=execution) == wrong
    other = ("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
    assert refused(states.list_executions, stateMachineArn=machine) == other
    standard = create(server, DOUBLE, make_role().arn)
    assert refused(states.start_sync_execution, stateMachineArn=standard, input="{}") == other


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        ("arn:aws:states:::sagemaker:createTransformJob.sync", "'.sync' service integration"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "'.waitForTaskToken' service integration"),
        ("arn:aws:states:::states:startExecution.sync:2", "'.sync' service integration"),
        (f"arn:aws:states:{REGION}:{ACCOUNT}:activity:a", "Activity ARN"),
    ],
)
def test_what_only_standard_machines_do(server: Server, make_role: Roles, resource: str, named: str) -> None:
    task = {"Type": "Task", "Resource": resource, "End": True}
    inner = {"StartAt": "T", "States": {"T": task}}
    nested = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [inner], "End": True}}}
    for definition in (inner, nested):
        code, message = refused(
            server.client("stepfunctions").create_state_machine,
            name=uuid.uuid4().hex,
            definition=json.dumps(definition),
            roleArn=make_role(allow("*")).arn,
            type="EXPRESS",
        )
        assert code == "InvalidDefinition"
        assert f"Express state machine does not support {named}" in message


def test_started_and_logged(server: Server, make_role: Roles) -> None:
    group = f"/test/{uuid.uuid4().hex}"
    logs = server.client("logs")
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    machine = express(
        server,
        DOUBLE,
        make_role(allow("logs:*")).arn,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": False,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        },
    )
    states = server.client("stepfunctions")
    started = [
        states.start_execution(stateMachineArn=machine, input='{"n": 1234567}', name="same")["executionArn"]
        for _ in range(3)
    ]
    assert len(set(started)) == 3

    def ended() -> Any:
        events = logs.filter_log_events(logGroupName=group)["events"]
        messages = [json.loads(event["message"]) for event in events]
        done = {one["execution_arn"] for one in messages if one["type"] == "ExecutionSucceeded"}
        return messages if done == set(started) else None

    messages = until(ended)
    assert len(logs.describe_log_streams(logGroupName=group)["logStreams"]) == 1
    assert "1234567" not in json.dumps(messages)


def test_counted(server: Server, make_role: Roles) -> None:
    machine = express(server, FAILS, make_role().arn)
    for _ in range(3):
        ask(server, machine, {})

    def failed() -> float:
        points = server.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/States",
            MetricName="ExecutionsFailed",
            Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 600,
            Period=1200,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    until(lambda: failed() == 3)


def test_many_one_after_the_other(server: Server, make_role: Roles) -> None:
    machine = express(server, DOUBLE, make_role().arn)
    answers = [ask(server, machine, {"n": n})["output"] for n in range(100)]
    assert answers == [str(2 * n) for n in range(100)]
