"""What the release machine's expressions come to, evaluated as Step Functions does."""

import re
from typing import Any

import jsonata
import pytest

from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from tests.workflows.test_real_time_inference_machine import RELEASE

STATES: Any = release_machine(RELEASE).to_asl()["States"]
PLAN = {
    "names": {"CreateConfig": "new"},
    "package": {"version": 3},
    "rejectable": True,
    "replaced_config": "old",
}
FULL = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."
LIMIT = (
    "ResourceLimitExceeded: The account-level service limit 'ml.m5.large for endpoint usage' is 2 Instances, "
    "with current utilization of 2 Instances and a request delta of 2 Instances."
)
NOT_STARTED = (
    "CannotStartContainerError. Please ensure the model container for variant main starts correctly when "
    "invoked with 'docker run <image> serve'",
    "Please make sure all images included in the model for the production variant main exist, and that the "
    "execution role used to create the model has permissions to access them.",
    "The role 'arn:aws:iam::111111111111:role/r' does not have BatchGetImage permission for the image: 'i'.",
    "ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are "
    "incorrect.",
    "exec /usr/bin/serve: exec format error",
)
"""As SageMaker writes them; those of images stand in issues of aws/sagemaker-python-sdk and its users."""
NO_PING = (
    "The primary container for production variant main did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint."
)

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


def verdict_on(**endpoint: str) -> tuple[str, str, str]:
    """Where `ReleaseVerdict` leads for an endpoint in service, and the failure's name and cause."""
    found = {"status": "InService", "reason": "an alarm went off", "silence": "", **endpoint}
    for rule in STATES["ReleaseVerdict"]["Choices"]:
        if evaluated(rule["Condition"], plan=PLAN, endpoint=found) is True:
            failure = rule["Assign"]["failure"]
            return rule["Next"], failure["Error"], evaluated(failure["Cause"], plan=PLAN, endpoint=found)
    return STATES["ReleaseVerdict"]["Default"], "", ""


@pytest.mark.parametrize(
    ("stands", "state"),
    [
        ("Absent", "CreateEndpoint"),
        ("Deploying", "Watch"),
        ("Serving", "EndpointVerdict"),
        ("Other", "GoesBack"),
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
    assert taken("EndpointVerdict", endpoint={"status": status, "reason": "no ping"}) == state


@pytest.mark.parametrize(
    ("checks", "state"),
    [("none recorded", "CreateConfig"), ("served before", "CreateConfig"), ("passed", "ScoreGolden")],
)
def test_without_recorded_rows_nothing_is_asked(checks: str, state: str) -> None:
    assert taken("GoldenRecorded", plan={"golden_checks": checks}) == state


def test_a_failure_names_its_package_as_far_as_the_plan_came() -> None:
    item = STATES["RecordFailure"]["Arguments"]["Item"]
    package = {"arn": "arn:p/3", "version": 3}
    for plan, found in (({"package": package}, ("arn:p/3", "3")), ({"run": "none"}, ("", ""))):
        said = tuple(evaluated(item[name]["S"], plan=plan) for name in ("package_arn", "version"))
        assert said == found


def test_in_service_with_the_old_configuration_is_a_rollback() -> None:
    assert verdict_on(config="new") == ("PointChampion", "", "")
    assert verdict_on(config="old") == (
        "Blame",
        "RolledBack",
        "SageMaker rolled back to old: an alarm went off. The version before goes on serving.",
    )


@pytest.mark.parametrize(
    ("endpoint", "error", "told"),
    [
        ({"silence": "TooSlow: 3 probes"}, "ProberFailed", r"the prober failed \(TooSlow: 3 probes\)"),
        *(({"reason": reason}, "NoCapacity", "no such instances free") for reason in (FULL, LIMIT)),
        *(({"reason": reason}, "ImageNotStarted", "not pulled or not started") for reason in NOT_STARTED),
        ({"config": "another"}, "EndpointMoved", "another, which is neither"),
    ],
)
def test_what_is_not_the_packages_doing_rejects_it_not(
    endpoint: dict[str, str], error: str, told: str
) -> None:
    state, name, cause = verdict_on(**{"config": "old", **endpoint})
    assert (state, name) == ("RecordFailure", error)
    assert re.search(told, cause)
    assert "release again" in cause


@pytest.mark.parametrize("reason", [FULL, LIMIT, *NOT_STARTED])
def test_a_first_version_that_finds_no_instances_or_no_image_is_not_rejected(reason: str) -> None:
    endpoint = {"status": "Failed", "reason": reason}
    assert taken("EndpointVerdict", plan=PLAN, endpoint=endpoint) == "RecordFailure"


def test_a_container_that_starts_and_does_not_answer_is_the_packages_doing() -> None:
    endpoint = {"status": "Failed", "reason": NO_PING}
    assert taken("EndpointVerdict", plan=PLAN, endpoint=endpoint) == "Blame"
    assert verdict_on(config="old", reason=NO_PING)[:2] == ("Blame", "RolledBack")


def test_a_new_version_that_serves_serves_whatever_became_of_the_prober() -> None:
    assert verdict_on(config="new", silence="TooSlow: 3 probes")[0] == "PointChampion"


def test_the_champion_is_spared() -> None:
    assert taken("Blame", plan=PLAN) == "RejectPackage"
    assert taken("Blame", plan={**PLAN, "rejectable": False}) == "RecordFailure"


def test_the_reason_is_written_to_the_registry_within_its_length() -> None:
    description = STATES["RejectPackage"]["Arguments"]["ApprovalDescription"]
    failure = {"Error": "RolledBack", "Cause": "x" * 2000}
    assert evaluated(description, failure=failure) == "RolledBack: " + "x" * 988
    traced = {"Error": "EndpointFailed", "Cause": "no ping:\n  File 'serve.py'\r\n"}
    assert evaluated(description, failure=traced) == "EndpointFailed: no ping: File 'serve.py'"


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
