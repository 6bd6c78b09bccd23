"""A machine acts as its role, under Step Functions' session name."""

from collections.abc import Callable

from tests.local.embedded import ACCOUNT, Role, Server
from tests.local.states.running import run

Roles = Callable[..., Role]


def test_the_caller_is_the_machines_role(server: Server, make_role: Roles) -> None:
    resource = "arn:aws:states:::aws-sdk:sts:getCallerIdentity"
    state = {"Type": "Task", "Resource": resource, "Arguments": {}, "End": True}
    role = make_role()
    done = run(server, {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}, role.arn)
    assert done.output["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/StepFunctions", done.cause
