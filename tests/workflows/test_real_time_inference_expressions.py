"""What the release machine's expressions come to, evaluated as Step Functions does."""

from typing import Any

import jsonata
import pytest

from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from tests.workflows.test_real_time_inference_machine import RELEASE

STATES: Any = release_machine(RELEASE).to_asl()["States"]
PLAN = {"names": {"CreateConfig": "new"}, "package": {"version": 3}, "rejectable": True}


def evaluated(text: str, **variables: object) -> Any:
    expression = jsonata.Jsonata(text.removeprefix("{%").removesuffix("%}").strip())
    frame = expression.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


def taken(choice: str, **variables: object) -> str:
    """The state that the choice leads to."""
    body = STATES[choice]
    for rule in body["Choices"]:
        if evaluated(rule["Condition"], **variables) is True:
            return str(rule["Next"])
    return str(body["Default"])


@pytest.mark.parametrize(
    ("stands", "deregister", "state"),
    [
        ("Absent", False, "CreateEndpoint"),
        ("Deploying", True, "AwaitEndpoint"),
        ("Serving", True, "DescribeEndpoint"),
        ("Other", True, "EndScaling"),
        ("Other", False, "UpdateEndpoint"),
    ],
)
def test_where_a_deployment_begins(stands: str, deregister: bool, state: str) -> None:
    assert taken("Deploy", plan={"endpoint": stands, "deregister": deregister}) == state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Creating", "AwaitEndpoint"),
        ("Updating", "AwaitEndpoint"),
        ("SystemUpdating", "AwaitEndpoint"),
        ("RollingBack", "AwaitEndpoint"),
        ("InService", "ReleaseVerdict"),
        ("Failed", "Blame"),
        ("OutOfService", "Blame"),
        ("UpdateRollbackFailed", "Blame"),
        ("Deleting", "Blame"),
    ],
)
def test_where_each_status_leads(status: str, state: str) -> None:
    assert taken("EndpointVerdict", endpoint={"status": status}) == state


def test_in_service_with_the_old_configuration_is_a_rollback() -> None:
    assert taken("ReleaseVerdict", plan=PLAN, endpoint={"config": "new"}) == "PointChampion"
    assert taken("ReleaseVerdict", plan=PLAN, endpoint={"config": "old"}) == "Blame"
    said = STATES["ReleaseVerdict"]["Choices"][0]["Assign"]["failure"]
    assert said["Error"] == "RolledBack"
    assert evaluated(said["Cause"], endpoint={"config": "old", "reason": "an alarm went off"}) == (
        "SageMaker rolled back to old: an alarm went off. The version before goes on serving."
    )


def test_the_champion_is_spared() -> None:
    assert taken("Blame", plan=PLAN) == "RejectPackage"
    assert taken("Blame", plan={**PLAN, "rejectable": False}) == "RecordFailure"


def test_the_reason_is_written_to_the_registry_within_its_length() -> None:
    description = STATES["RejectPackage"]["Arguments"]["ApprovalDescription"]
    failure = {"Error": "RolledBack", "Cause": "x" * 2000}
    assert evaluated(description, failure=failure) == "RolledBack: " + "x" * 988


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        ({"passed": True}, "CreateConfig"),
        ({"passed": False, "reasons": ["1 of 2 are off."]}, "Blame"),
        ({}, "Blame"),
    ],
)
def test_only_golden_checks_that_passed_lead_on(verdict: dict[str, object], state: str) -> None:
    assert taken("GoldenVerdict", golden=verdict) == state


def test_a_pointer_moved_by_another_is_told() -> None:
    cause = STATES["PointChampion"]["Catch"][0]["Assign"]["failure"]["Cause"]
    assert evaluated(cause, plan=PLAN).startswith("The endpoint serves version 3, and another execution")
