"""The context object: redrives, times, and variables that a state's own output does not see."""

import re
from collections.abc import Callable

from tests.local.embedded import Role, Server
from tests.local.states.running import run

Roles = Callable[..., Role]

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_the_context_object(server: Server, make_role: Roles) -> None:
    state = {"Type": "Pass", "Output": "{% $states.context %}", "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}
    done = run(server, machine, make_role().arn)
    assert done.output["Execution"]["RedriveCount"] == 0
    assert set(done.output["State"]) == {"Name", "EnteredTime"}
    for stamp in (done.output["State"]["EnteredTime"], done.output["Execution"]["StartTime"]):
        assert STAMP.fullmatch(stamp), stamp
    described = server.client("stepfunctions").describe_execution(executionArn=done.arn)
    assert (described["redriveCount"], described["redriveStatus"]) == (0, "NOT_REDRIVABLE")


def test_an_express_execution_has_no_redrives(server: Server, make_role: Roles) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "OutputPath": "$$.Execution", "End": True}}}
    states = server.client("stepfunctions")
    arn = states.create_state_machine(
        name="express-context",
        definition=str(machine).replace("'", '"').replace("True", "true"),
        roleArn=make_role().arn,
        type="EXPRESS",
    )["stateMachineArn"]
    assert "RedriveCount" not in states.start_sync_execution(stateMachineArn=arn)["output"]


def test_a_state_assigns_after_its_output(server: Server, make_role: Roles) -> None:
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"x": "old"}, "Next": "B"},
            "B": {"Type": "Pass", "Assign": {"x": "new"}, "OutputPath": "$x", "Next": "C"},
            "C": {"Type": "Pass", "Parameters": {"output.$": "$", "x.$": "$x"}, "End": True},
        },
    }
    assert run(server, machine, make_role().arn).output == {"output": "old", "x": "new"}
