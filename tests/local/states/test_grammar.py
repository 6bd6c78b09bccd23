"""Machines are read independently of each other."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.local.embedded import Role, Server
from tests.local.states.running import create, ended, run

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

JSONPATH = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"v.$": "$.n"}, "End": True}}}
JSONATA = {
    "QueryLanguage": "JSONata",
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Output": {"v": "{% $states.input.n %}"}, "End": True}},
}
UNREADABLE = {
    "QueryLanguage": "JSONata",
    "StartAt": "A",
    "States": {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::codebuild:startBuild",
            "Arguments": {},
            "End": True,
        }
    },
}
"""AWS takes it; the interpreter has not this integration."""


def test_a_machine_that_cannot_be_read_leaves_nothing(server: Server, make_role: Roles) -> None:
    role = make_role()
    assert run(server, UNREADABLE, role.arn).error == "States.Runtime"
    assert run(server, JSONPATH, role.arn, {"n": 1}).output == {"v": 1}


def test_many_start_at_once(server: Server, make_role: Roles, client: Clients) -> None:
    role = make_role()
    machines = [create(server, definition, role.arn) for definition in (JSONPATH, JSONATA)]
    states = client("stepfunctions")

    def start(number: int) -> str:
        machine = machines[number % 2]
        started = states.start_execution(stateMachineArn=machine, input=json.dumps({"n": number}))
        return str(started["executionArn"])

    with ThreadPoolExecutor(16) as pool:
        executions = list(pool.map(start, range(40)))
    assert [ended(server, arn).output for arn in executions] == [{"v": number} for number in range(40)]
