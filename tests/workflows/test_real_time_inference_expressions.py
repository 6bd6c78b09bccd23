"""What the release machine's expressions come to, evaluated as Step Functions does."""

from typing import Any

import jsonata
import pytest

from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from tests.workflows.test_real_time_inference_machine import RELEASE

STATES: Any = release_machine(RELEASE).to_asl()["States"]
PLAN = {"names": {"CreateConfig": "new"}, "package": {"version": 3}, "rejectable": True}


WAITING: Any = STATES["Watch"]["Branches"][0]["States"]


def evaluated(text: str, **variables: object) -> Any:
    expression = jsonata.Jsonata(text.removeprefix("{%").removesuffix("%}").strip())
    frame = expression.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


def taken(choice: str, among: Any = STATES, **variables: object) -> str:
    """The state that the choice leads to."""
    body = among[choice]
    for rule in body["Choices"]:
        if evaluated(rule["Condition"], **variables) is True:
            return str(rule["Next"])
    return str(body["Default"])


@pytest.mark.parametrize(
    ("stands", "state"),
    [
        ("Absent", "CreateEndpoint"),
        ("Deploying", "Watch"),
        ("Serving", "EndpointVerdict"),
        ("Other", "RecordAnswers"),
    ],
)
def test_where_a_deployment_begins(stands: str, state: str) -> None:
    assert taken("Deploy", plan={"endpoint": stands}) == state


@pytest.mark.parametrize(("deregister", "state"), [(True, "EndScaling"), (False, "UpdateEndpoint")])
def test_scaling_ends_only_where_it_must(deregister: bool, state: str) -> None:
    assert taken("EndsScaling", plan={"deregister": deregister}) == state


def test_what_serves_already_is_the_endpoint_of_the_verdicts() -> None:
    (rule,) = (one for one in STATES["Deploy"]["Choices"] if one["Next"] == "EndpointVerdict")
    serves = rule["Assign"]["endpoint"]
    endpoint = {**serves, "config": evaluated(serves["config"], plan=PLAN)}
    assert taken("EndpointVerdict", endpoint=endpoint) == "ReleaseVerdict"
    assert taken("ReleaseVerdict", plan=PLAN, endpoint=endpoint) == "PointChampion"


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"])
def test_an_endpoint_on_its_way_is_waited_for(status: str) -> None:
    assert taken("EndpointSettled", WAITING, states={"input": {"status": status}}) == "AwaitEndpoint"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("InService", "ReleaseVerdict"),
        ("Failed", "Blame"),
        ("OutOfService", "Blame"),
        ("UpdateRollbackFailed", "Blame"),
    ],
)
def test_where_each_status_leads(status: str, state: str) -> None:
    assert taken("EndpointSettled", WAITING, states={"input": {"status": status}}) == "Settled"
    assert taken("EndpointVerdict", endpoint={"status": status}) == state


@pytest.mark.parametrize(("checks", "state"), [("none recorded", "CreateConfig"), ("passed", "ScoreGolden")])
def test_without_recorded_rows_nothing_is_asked(checks: str, state: str) -> None:
    assert taken("GoldenRecorded", plan={"golden_checks": checks}) == state


def test_a_failure_names_its_package_as_far_as_the_plan_came() -> None:
    item = STATES["RecordFailure"]["Arguments"]["Item"]
    package = {"arn": "arn:p/3", "version": 3}
    for plan, found in (({"package": package}, ("arn:p/3", "3")), ({"run": "none"}, ("", ""))):
        said = tuple(evaluated(item[name]["S"], plan=plan) for name in ("package_arn", "version"))
        assert said == found


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
