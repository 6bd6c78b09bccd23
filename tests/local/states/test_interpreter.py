"""What the state language means: each machine here behaves as on AWS."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import Role, Server, allow
from tests.local.states.running import Run, events, run

Roles = Callable[..., Role]
State = dict[str, Any]


def machine(states: dict[str, State], start: str = "A", **more: Any) -> dict[str, Any]:
    return {"StartAt": start, "States": states, **more}


def last(**members: Any) -> State:
    return {"Type": "Pass", "End": True, **members}


def jsonata(states: dict[str, State], start: str = "A", **more: Any) -> dict[str, Any]:
    return machine(states, start, QueryLanguage="JSONata", **more)


BOOM = machine({"X": {"Type": "Fail", "Error": "Boom", "Cause": "c"}}, "X")
WAITS = machine({"Y": {"Type": "Wait", "Seconds": 1, "End": True}}, "Y")

MACHINES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "intrinsic functions": (
        machine(
            {
                "A": last(
                    Parameters={
                        "length.$": "States.ArrayLength($.x)",
                        "unique.$": "States.ArrayUnique(States.Array(1,1,2))",
                        "encoded.$": "States.Base64Encode('hi')",
                        "text.$": "States.JsonToString($.x)",
                    }
                )
            }
        ),
        {"x": [1, 2, 3]},
        {"length": 3, "unique": [1, 2], "encoded": "aGk=", "text": "[1,2,3]"},
    ),
    "filters and slices": (
        machine({"A": last(Parameters={"a.$": "$.x[?(@.v > 1)].v", "b.$": "$.x[0:2].v"})}),
        {"x": [{"v": 1}, {"v": 2}, {"v": 3}]},
        {"a": [2, 3], "b": [1, 2]},
    ),
    "variables in JSONPath": (
        machine(
            {
                "A": {"Type": "Pass", "Assign": {"x.$": "$.n"}, "Next": "B"},
                "B": last(Parameters={"x.$": "$x"}),
            }
        ),
        {"n": 5},
        {"x": 5},
    ),
    "choice on a variable": (
        jsonata(
            {
                "A": {"Type": "Pass", "Assign": {"x": "{% $states.input.n %}"}, "Next": "B"},
                "B": {
                    "Type": "Choice",
                    "Choices": [{"Condition": "{% $x = 5 %}", "Output": "five", "Next": "Y"}],
                    "Default": "N",
                },
                "Y": {"Type": "Succeed"},
                "N": {"Type": "Fail"},
            }
        ),
        {"n": 5},
        "five",
    ),
    "catch on a parallel state": (
        machine(
            {
                "A": {
                    "Type": "Parallel",
                    "Branches": [BOOM, WAITS],
                    "Catch": [{"ErrorEquals": ["Boom"], "ResultPath": "$.e", "Next": "C"}],
                    "End": True,
                },
                "C": last(OutputPath="$.e"),
            }
        ),
        {},
        {"Error": "Boom", "Cause": "c"},
    ),
    "a bounded map with selected items": (
        jsonata(
            {
                "A": {
                    "Type": "Map",
                    "Items": "{% $states.input.items %}",
                    "MaxConcurrency": 2,
                    "ItemSelector": {
                        "index": "{% $states.context.Map.Item.Index %}",
                        "value": "{% $states.context.Map.Item.Value & '!' %}",
                        "of": "{% $states.input.of %}",
                    },
                    "ItemProcessor": machine({"P": last(Output="{% $states.input %}")}, "P"),
                    "End": True,
                }
            }
        ),
        {"items": ["a", "b", "c"], "of": 3},
        [{"index": i, "value": f"{v}!", "of": 3} for i, v in enumerate("abc")],
    ),
    "a map's variables and result": (
        jsonata(
            {
                "A": {
                    "Type": "Map",
                    "Items": "{% $states.input.x %}",
                    "ItemProcessor": machine({"P": last(Output="{% $states.input * 2 %}")}, "P"),
                    "Assign": {"sum": "{% $sum($states.result) %}"},
                    "Next": "B",
                },
                "B": last(Output="{% {'sum': $sum, 'input': $states.input} %}"),
            }
        ),
        {"x": [1, 2, 3]},
        {"sum": 12, "input": [2, 4, 6]},
    ),
    "a JSONata state in a JSONPath machine": (
        machine({"A": last(QueryLanguage="JSONata", Output="{% {'v': $states.input.n + 1} %}")}),
        {"n": 3},
        {"v": 4},
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_succeeds_with(server: Server, make_role: Roles, name: str) -> None:
    definition, given, output = MACHINES[name]
    done = run(server, definition, make_role().arn, given)
    assert (done.status, done.output) == ("SUCCEEDED", output), (done.error, done.cause)


FAILURES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a missing path": (machine({"A": last(Parameters={"x.$": "$.nope"})}), "States.Runtime", "nope"),
    "an error from paths": (
        machine({"A": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('c-{}',$.e)"}}),
        "E1",
        "c-E1",
    ),
    "an uncaught branch": (
        machine({"A": {"Type": "Parallel", "Branches": [BOOM], "End": True}}),
        "Boom",
        "c",
    ),
    "an uncaught map item": (
        jsonata(
            {
                "A": {
                    "Type": "Map",
                    "Items": [1, 2],
                    "ItemProcessor": machine({"X": {"Type": "Fail", "Error": "Boom", "Cause": "c"}}, "X"),
                    "End": True,
                }
            }
        ),
        "Boom",
        "c",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_fails_with(server: Server, make_role: Roles, name: str) -> None:
    definition, error, cause = FAILURES[name]
    failed = run(server, definition, make_role().arn, {"e": "E1"})
    assert (failed.status, failed.error) == ("FAILED", error)
    assert cause in str(failed.cause)


def test_a_machine_times_out(server: Server, make_role: Roles) -> None:
    waits = machine({"A": {"Type": "Wait", "Seconds": 600, "End": True}}, TimeoutSeconds=1)
    assert run(server, waits, make_role().arn).status == "TIMED_OUT"


def test_a_redefined_error_is_kept_to_the_end(server: Server, make_role: Roles) -> None:
    caught = jsonata(
        {
            "A": {
                "Type": "Parallel",
                "Branches": [BOOM],
                "Catch": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "Assign": {"first": "{% $states.errorOutput %}"},
                        "Output": "{% $states.input %}",
                        "Next": "Record",
                    }
                ],
                "End": True,
            },
            "Record": {"Type": "Pass", "Next": "Failed"},
            "Failed": {"Type": "Fail", "Error": "{% $first.Error %}", "Cause": "{% $first.Cause %}"},
        }
    )
    failed = run(server, caught, make_role().arn)
    assert (failed.error, failed.cause) == ("Boom", "c")


def retried(server: Server, make_role: Roles, **retry: Any) -> Run:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": "no-such-bucket", "Key": "a"},
        "Retry": [{"ErrorEquals": ["States.ALL"], **retry}],
        "End": True,
    }
    return run(server, machine({"A": state}), make_role(allow("s3:GetObject")).arn)


def test_retry_waits_within_its_bound(server: Server, make_role: Roles) -> None:
    failed = retried(server, make_role, IntervalSeconds=5, MaxAttempts=3, BackoffRate=10, MaxDelaySeconds=6)
    assert failed.error == "S3.NoSuchBucketException"
    history = events(server, failed.arn)
    began = [event["timestamp"] for event in history if event["type"] == "TaskScheduled"]
    ended = [event["timestamp"] for event in history if event["type"] == "TaskFailed"]
    assert len(began) == len(ended) == 4
    waits = [(after - before).total_seconds() for before, after in zip(ended, began[1:], strict=False)]
    # 5, 6 and 6 seconds at ten times the speed; without the bound 5, 50 and 500.
    assert all(least < wait < 4 for least, wait in zip((0.48, 0.58, 0.58), waits, strict=True)), waits
