"""A failed expression: AWS's name, the field, the state and the event that entered it, told once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import Role, Server
from tests.local.states.running import Run, events, run

Roles = Callable[..., Role]

State = dict[str, Any]
INNER = {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}
NEVER = "{% $nothing %}"


def failed(server: Server, role: Role, state: State, given: Any = None) -> Run:
    """A machine of a Pass state and `state`."""
    ending = {} if state["Type"] in ("Choice", "Fail", "Succeed") else {"End": True}
    states = {"First": {"Type": "Pass", "Next": "S"}, "S": {**state, **ending}}
    if '"T"' in json.dumps(state):
        states["T"] = {"Type": "Succeed"}
    machine = {"QueryLanguage": "JSONata", "StartAt": "First", "States": states}
    return run(server, machine, role.arn, given)


def told(server: Server, done: Run) -> list[dict[str, Any]]:
    """The failed evaluations in the history."""
    found = [event.get("evaluationFailedEventDetails") for event in events(server, done.arn)]
    return [details for details in found if details]


FIELDS: dict[str, State] = {
    "Output": {"Type": "Pass", "Output": NEVER},
    "Output/a/b": {"Type": "Pass", "Output": {"a": {"b": NEVER}}},
    "Output/rows[1]/v": {"Type": "Pass", "Output": {"rows": [0, {"v": NEVER}]}},
    "Assign/x": {"Type": "Pass", "Assign": {"x": NEVER}},
    "Arguments/FunctionName": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": NEVER},
    },
    "Items": {"Type": "Map", "Items": NEVER, "ItemProcessor": INNER},
    "Choices[1]/Condition": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% false %}", "Next": "T"}, {"Condition": NEVER, "Next": "T"}],
    },
    "Seconds": {"Type": "Wait", "Seconds": NEVER},
    "Error": {"Type": "Fail", "Error": NEVER},
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_failed_expression_is_told_once_with_its_place(
    server: Server, make_role: Roles, field: str
) -> None:
    done = failed(server, make_role(), FIELDS[field])
    sentence = (
        "An error occurred while executing the state 'S' (entered at the event id #4). The JSONata "
        f"expression '$nothing' specified for the field '{field}' returned nothing (undefined)."
    )
    assert (done.status, done.error, done.cause) == ("FAILED", "States.QueryEvaluationError", sentence)
    (details,) = told(server, done)
    assert details == {
        "cause": sentence,
        "error": "States.QueryEvaluationError",
        "location": field,
        "state": "S",
    }


def test_inside_a_map_the_cause_names_the_inner_state(server: Server, make_role: Roles) -> None:
    inner = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "Output": NEVER, "End": True}}}
    done = failed(server, make_role(), {"Type": "Map", "Items": [1], "ItemProcessor": inner})
    assert done.cause is not None
    assert "while executing the state 'Inner' (entered at the event id #" in done.cause


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"Type": "Map", "Items": "{% {'a': 1} %}", "ItemProcessor": INNER},
            "specified for the field 'Items' returned an unexpected result type. Expected 'array', but was "
            "'object' for value: {\"a\":1}",
        ),
        (
            {"Type": "Wait", "Seconds": "{% 'abc' %}"},
            "specified for the field 'Seconds' returned an unexpected result type. Expected 'number', but "
            "was 'string' for value: \"abc\"",
        ),
        (
            {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "T"}]},
            "specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected "
            "'boolean', but was 'number' for value: 1",
        ),
        (
            {"Type": "Wait", "Timestamp": "{% '2030-01-01T00:00:00' %}"},
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
            "2030-01-01T00:00:00",
        ),
        (
            {"Type": "Wait", "Timestamp": "{% '2030-13-01T00:00:00Z' %}"},
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
            "2030-13-01T00:00:00Z",
        ),
        (
            {"Type": "Pass", "Output": "{% $eval('1+1') %}"},
            "specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a "
            "non-function",
        ),
    ],
)
def test_what_a_field_does_not_take_is_an_error_of_the_query(
    server: Server, make_role: Roles, state: State, sentence: str
) -> None:
    done = failed(server, make_role(), state)
    assert (done.status, done.error) == ("FAILED", "States.QueryEvaluationError")
    assert str(done.cause).endswith(sentence)
    assert len(told(server, done)) == 1


@pytest.mark.parametrize(
    ("expression", "value"), [("$range(1, 1, 1)", 1), ("$range(1, 9, 9)", 1), ("$range(1, 3, 1)", [1, 2, 3])]
)
def test_a_range_of_one_is_the_number(server: Server, make_role: Roles, expression: str, value: Any) -> None:
    done = failed(server, make_role(), {"Type": "Pass", "Output": f"{{% {expression} %}}"})
    assert done.output == value


def test_a_range_of_nothing_is_nothing(server: Server, make_role: Roles) -> None:
    done = failed(server, make_role(), {"Type": "Pass", "Output": "{% $range(2, 1, 1) %}"})
    assert str(done.cause).endswith("returned nothing (undefined).")


def test_a_timestamp_may_have_an_offset(server: Server, make_role: Roles) -> None:
    done = failed(server, make_role(), {"Type": "Wait", "Timestamp": "{% '2020-01-01T00:00:00+01:00' %}"})
    assert done.status == "SUCCEEDED", done.cause


def test_a_caught_evaluation_goes_on(server: Server, make_role: Roles) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": NEVER},
        "Catch": [
            {
                "ErrorEquals": ["States.QueryEvaluationError"],
                "Output": "{% $states.errorOutput.Error %}",
                "Next": "T",
            }
        ],
    }
    done = failed(server, make_role(), state)
    assert (done.status, done.output) == ("SUCCEEDED", "States.QueryEvaluationError")
