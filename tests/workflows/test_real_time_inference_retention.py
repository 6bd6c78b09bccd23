"""The state that retires old releases: it cannot fail a release, and tells what it did."""

from typing import Any

import jsonata
import pytest

from mdlc_constructs.workflows.real_time_inference.retention import retention_statements, retire_old

FUNCTION = "arn:aws:lambda:us-east-1:0:function:retire"


def state(**changes: Any) -> dict[str, Any]:
    task = retire_old(
        model="flights",
        endpoint_name="${Endpoint}",
        keep=2,
        function_arn=FUNCTION,
        next_state="RecordAudit",
        **changes,
    )
    rendered: dict[str, Any] = task.to_asl() | {"Next": "RecordAudit"}
    return rendered


def evaluated(expression: str, states: dict[str, Any]) -> Any:
    code = jsonata.Jsonata(expression.removeprefix("{%").removesuffix("%}"))
    code.assign("states", states)
    return code.evaluate(None)


def test_the_function_is_told_what_to_keep() -> None:
    payload = state()["Arguments"]["Payload"]
    assert payload == {"model": "flights", "endpoint": "${Endpoint}", "keep": 2}
    named = state(replaced="{% $plan.serving %}")["Arguments"]["Payload"]
    assert named["replaced"] == "{% $plan.serving %}"


def test_a_failure_goes_on_and_is_told() -> None:
    (caught,) = (one for one in state()["Catch"] if one["ErrorEquals"] == ["States.ALL"])
    assert caught["Next"] == "RecordAudit"
    told = evaluated(
        caught["Assign"]["retired"], {"errorOutput": {"Error": "Throttled", "Cause": "x" * 2000}}
    )
    assert told.startswith("failed: Throttled: xxx")
    assert len(told) == 1000
    nameless = evaluated(caught["Assign"]["retired"], {"errorOutput": {}})
    assert nameless == "failed: Unknown: No cause was given."


@pytest.mark.parametrize(
    ("deleted", "told"),
    [([], "nothing"), (["delete_model a"], "delete_model a"), (["one", "two"], "one, two")],
)
def test_what_was_deleted_is_told(deleted: list[str], told: str) -> None:
    assert evaluated(state()["Assign"]["retired"], {"result": {"Payload": {"deleted": deleted}}}) == told


def test_only_listing_reaches_beyond_the_model_and_only_looking_beyond_its_releases() -> None:
    deleting = {
        resource.rpartition(":")[2]
        for one in retention_statements("flights")
        for action in one.actions
        for resource in one.resources
        if "Delete" in action
    }
    assert deleting == {
        "endpoint-config/flights-config-*",
        "endpoint-config/flights-trial-*",
        "model/flights-serving-*",
    }
    beyond = {
        action.split(":")[1]
        for one in retention_statements("flights")
        for action in one.actions
        if any("flights" not in resource for resource in one.resources)
    }
    assert beyond == {"ListEndpointConfigs", "ListEndpoints", "ListModels", "DescribeEndpoint"}
