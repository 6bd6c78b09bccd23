"""JSONata in states: data is bound as it is, results are JSON, failures are named."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import Role, Server
from tests.local.states.running import Run, events, run

Roles = Callable[..., Role]

AWKWARD: dict[str, Any] = {
    "text": 'a "quoted" \\ back\nslash \u00e9 {% 1 %}',
    "null": None,
    "list": [],
    "number": 1.5,
}


def output(server: Server, role: Role, expression: str, given: Any = None) -> Run:
    state = {"Type": "Pass", "Output": "{% " + expression + " %}", "End": True}
    return run(server, {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}, role.arn, given)


def test_data_passes_unchanged(server: Server, make_role: Roles) -> None:
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"kept": "{% $states.input %}", "none": None}, "Next": "B"},
            "B": {"Type": "Pass", "Output": {"kept": "{% $kept %}", "none": "{% $none %}"}, "End": True},
        },
    }
    done = run(server, machine, make_role().arn, AWKWARD)
    assert done.output == {"kept": AWKWARD, "none": None}, done.cause


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.n / 2", 3),
        ("$string($states.input.n * 10)", "60"),
        ("$parse('{\"a\": [1, 2]}').a[1]", 2),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 4, 2)", [0, 2, 4]),
        ("$hash('x', 'SHA-256')", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
        ("$count($states.input.none)", 0),
        ("$exists($states.context.Execution.Id)", True),
        ("$states.context.Execution.Input.n", 6),
        ("null", None),
    ],
)
def test_evaluates(server: Server, make_role: Roles, expression: str, value: Any) -> None:
    done = output(server, make_role(), expression, {"n": 6})
    assert (done.status, done.output) == ("SUCCEEDED", value), done.cause
    assert type(done.output) is type(value)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [("$states.input.nope.x", "returned nothing"), ("'a' + 1", "T2001"), ("$sum", "unsupported result type")],
)
def test_a_failing_expression_is_named(
    server: Server, make_role: Roles, expression: str, reason: str
) -> None:
    failed = output(server, make_role(), expression)
    assert failed.error == "States.QueryEvaluationError"
    assert expression in str(failed.cause)
    assert reason in str(failed.cause)
    assert "EvaluationFailed" in [event["type"] for event in events(server, failed.arn)]


def test_a_task_catches_a_failing_expression(server: Server, make_role: Roles) -> None:
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets",
        "Arguments": {"Prefix": "{% $states.input.nope %}"},
        "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "B"}],
        "End": True,
    }
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": call, "B": {"Type": "Pass", "Output": "caught", "End": True}},
    }
    assert run(server, machine, make_role().arn).output == "caught"
