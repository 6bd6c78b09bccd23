"""How executions end: time out, no choice, data beyond the limit, input that is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.states.inputs import MAX_INPUT_BYTES, refusal
from tests.local.embedded import Role, Server
from tests.local.states.running import create, events, run

Roles = Callable[..., Role]

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def test_a_time_out_is_the_last_event(server: Server, make_role: Roles) -> None:
    waits = {
        "StartAt": "W",
        "TimeoutSeconds": 1,
        "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}},
    }
    done = run(server, waits, make_role().arn)
    assert done.status == "TIMED_OUT"
    history = [event["type"] for event in events(server, done.arn)]
    assert history == ["ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"]


@pytest.mark.parametrize(
    "choice",
    [
        {"Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "T"}]},
        {"QueryLanguage": "JSONata", "Choices": [{"Condition": "{% $states.input.n = 1 %}", "Next": "T"}]},
    ],
)
def test_a_choice_that_matches_nothing(server: Server, make_role: Roles, choice: dict[str, Any]) -> None:
    machine = {"StartAt": "C", "States": {"C": {"Type": "Choice", **choice}, "T": {"Type": "Succeed"}}}
    done = run(server, machine, make_role().arn, {"n": 2})
    assert (done.status, done.error) == ("FAILED", "States.NoChoiceMatched")
    assert "executing the state 'C' (entered at the event id #2)" in str(done.cause)


def test_data_of_a_state_has_a_limit_in_utf_8(server: Server, make_role: Roles) -> None:
    # Ten thousand times 14 bytes are within it, as many times 14 characters of two bytes are not.
    state = {"Type": "Pass", "Output": "{% $join([1..10000].('\u00fc' & 'abcdefghijkl')) %}", "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}
    role = make_role().arn
    assert run(server, machine, role).status == "SUCCEEDED"
    state["Output"] = "{% $join([1..10000].('" + 14 * "\u00fc" + "')) %}"
    done = run(server, machine, role)
    assert (done.status, done.error) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (None, None),
        ("{}", None),
        ('"text"', None),
        ('"' + "x" * (MAX_INPUT_BYTES - 2) + '"', None),
        ("", ("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'")),
        (
            "hello",
            (
                "InvalidExecutionInput",
                "Invalid State Machine Execution Input: 'Unrecognized token 'hello': was expecting (JSON "
                "String, Number, Array, Object or token 'null', 'true' or 'false')'",
            ),
        ),
        (
            "{'a': 1}",
            (
                "InvalidExecutionInput",
                "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting "
                "double-quote to start field name'",
            ),
        ),
    ],
)
def test_input_is_json_within_the_limit(given: str | None, refused: tuple[str, str] | None) -> None:
    assert refusal(given) == refused


@pytest.mark.parametrize("given", ["{", "\u00fc" * MAX_INPUT_BYTES, "NaN"])
def test_other_input_is_refused(given: str) -> None:
    found = refusal(json.dumps(given, ensure_ascii=False) if given.startswith("\u00fc") else given)
    assert found is not None
    assert found[0] == ("ValidationException" if given.startswith("\u00fc") else "InvalidExecutionInput")


def test_start_execution_refuses_it(server: Server, make_role: Roles) -> None:
    machine = create(server, PASS, make_role().arn)
    with pytest.raises(ClientError) as refused:
        server.client("stepfunctions").start_execution(stateMachineArn=machine, input="{'a': 1}")
    assert refused.value.response["Error"]["Code"] == "InvalidExecutionInput"
