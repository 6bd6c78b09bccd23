"""The release machine as plain data: no CDK, no Node."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import Sequence
from mdlc_constructs.asl.states import Pass, Task
from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Canary, Linear, Rolling, Shadow
from mdlc_constructs.settings.scaling import Asynchronous, Night, Scaling, Serverless
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows.real_time_inference.machine import ReleaseSettings, release_machine
from tests.workflows.settings import DATASET

RELEASE = ReleaseSettings(model="flights", dataset=DATASET, rollout=Canary(percent=10))
SCALED = Serving(
    instances=2,
    scaling=Scaling(
        minimum=2,
        maximum=6,
        invocations=600,
        concurrency=4,
        night=Night(begins=time(22), ends=time(6), minimum=2),
    ),
)
QUIET = RollbackAlarms.none()
SERVERLESS = ReleaseSettings(
    model="flights",
    dataset=DATASET,
    serving=Serving(serverless=Serverless(), capture=None, alarms=QUIET),
    rollout=AllAtOnce(bake=timedelta(0)),
    network=NetworkSettings(isolation=False),
)
BATCHED = ReleaseSettings(
    model="flights",
    dataset=DATASET,
    serving=Serving(
        asynchronous=Asynchronous(concurrent_per_instance=2),
        instances=1,
        scaling=Scaling(minimum=0, maximum=3, backlog=5),
        alarms=QUIET,
    ),
)
EVERY = {
    "canary": RELEASE,
    "scaled": replace(RELEASE, serving=SCALED),
    "linear": replace(RELEASE, rollout=Linear()),
    "rolling": replace(RELEASE, rollout=Rolling()),
    "unasked": replace(RELEASE, golden=None),
    "serverless": SERVERLESS,
    "asynchronous": BATCHED,
}


def path(machine: Machine) -> list[str]:
    """The states that follow when no rule takes another way."""
    states: Any = machine.to_asl()["States"]
    found = ["Plan"]
    while "End" not in states[found[-1]]:
        found.append(states[found[-1]].get("Next") or states[found[-1]]["Default"])
    return found


def test_the_happy_path_follows_from_state_to_state() -> None:
    assert path(release_machine(RELEASE)) == [
        "Plan",
        "Resume",
        "CreateModel",
        "PrepareGolden",
        "ScoreGolden",
        "CheckGolden",
        "GoldenVerdict",
        "CreateConfig",
        "Deploy",
        "UpdateEndpoint",
        "AwaitEndpoint",
        "DescribeEndpoint",
        "EndpointVerdict",
        "ReleaseVerdict",
        "PointChampion",
        "Succeeded",
        "RecordAudit",
        "Announce",
    ]


@pytest.mark.parametrize("settings", EVERY.values(), ids=EVERY)
def test_the_machine_passes_every_check(settings: ReleaseSettings) -> None:
    machine = release_machine(settings)
    replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")).check()


def test_scaling_is_registered_whichever_configuration_serves() -> None:
    found = path(release_machine(EVERY["scaled"]))
    assert found[found.index("EndpointVerdict") + 1 : found.index("ReleaseVerdict")] == [
        "RegisterScaling",
        "ScaleByInvocations",
        "ScaleByConcurrency",
        "Schedule1",
        "Schedule2",
    ]


def rules(machine: Machine, choice: str) -> dict[str, str]:
    body: Any = machine.state(choice).to_asl()
    return {rule["Next"]: rule["Condition"] for rule in body["Choices"]}


def test_in_service_must_mean_this_configuration() -> None:
    machine = release_machine(RELEASE)
    assert rules(machine, "ReleaseVerdict") == {"Blame": "{% $endpoint.config != $plan.names.CreateConfig %}"}
    assert "'RollingBack'" in rules(machine, "EndpointVerdict")["AwaitEndpoint"]


@pytest.mark.parametrize("choice", ["GoldenVerdict", "EndpointVerdict", "ReleaseVerdict"])
def test_what_speaks_against_the_package_rejects_it(choice: str) -> None:
    machine = release_machine(RELEASE)
    assert "Blame" in rules(machine, choice)
    reject: Any = machine.state("RejectPackage").to_asl()
    assert machine.state("Blame").to_asl()["Default"] == "RejectPackage"
    assert reject["Arguments"]["ModelApprovalStatus"] == "Rejected"
    assert reject["Next"] == reject["Catch"][0]["Next"] == "RecordFailure"


def test_what_speaks_not_against_the_package_leaves_it() -> None:
    machine = release_machine(RELEASE)
    blamed = [state.name for state in machine.states if "Blame" in list(state.targets())]
    assert blamed == ["GoldenVerdict", "EndpointVerdict", "ReleaseVerdict"]
    assert rules(machine, "Blame") == {"RecordFailure": "{% $plan.rejectable != true %}"}


def test_a_lost_event_costs_a_look_and_no_more() -> None:
    waiting: Any = release_machine(RELEASE).state("AwaitEndpoint").to_asl()
    assert waiting["Resource"].endswith("putItem.waitForTaskToken")
    assert waiting["Next"] == "DescribeEndpoint"
    assert waiting["Catch"][0]["ErrorEquals"] == ["States.Timeout"]
    assert waiting["Catch"][0]["Next"] == "DescribeEndpoint"


def test_the_update_is_watched_by_the_alarms() -> None:
    update: Any = release_machine(RELEASE).state("UpdateEndpoint").to_asl()["Arguments"]
    assert update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"] == [
        {"AlarmName": "${ServerErrorsAlarm}"},
        {"AlarmName": "${QualityAlarm}"},
    ]
    assert "RetainAllVariantProperties" not in update
    scaled: Any = release_machine(EVERY["scaled"]).state("UpdateEndpoint").to_asl()["Arguments"]
    assert scaled["RetainAllVariantProperties"] is True
    unguarded: Any = release_machine(SERVERLESS).state("UpdateEndpoint").to_asl()["Arguments"]
    assert "DeploymentConfig" not in unguarded


def test_the_configuration_is_encrypted_and_captured() -> None:
    def asked(settings: ReleaseSettings) -> Any:
        return release_machine(settings).state("CreateConfig").to_asl()["Arguments"]

    made = asked(RELEASE)
    assert made["KmsKeyId"] == made["DataCaptureConfig"]["KmsKeyId"] == "${KeyArn}"
    assert made["DataCaptureConfig"]["DestinationS3Uri"] == "s3://${Bucket}/capture/"
    assert "KmsKeyId" not in asked(replace(RELEASE, serving=Serving(instance_type="ml.m5d.large")))
    assert not {"KmsKeyId", "DataCaptureConfig"} & asked(SERVERLESS).keys()
    assert asked(BATCHED)["AsyncInferenceConfig"]["ClientConfig"] == {
        "MaxConcurrentInvocationsPerInstance": 2
    }


def test_the_champion_moves_back_as_well_as_on_but_not_unseen() -> None:
    point: Any = release_machine(RELEASE).state("PointChampion").to_asl()
    assert point["Arguments"]["ConditionExpression"] == (
        "attribute_not_exists(#version) OR #version = :planned OR #version = :version"
    )
    assert point["Catch"][0]["Next"] == "RecordFailure"
    assert point["Catch"][0]["Assign"]["failure"]["Error"] == "ChampionMoved"


def test_a_seam_after_the_deployment_comes_when_the_version_serves() -> None:
    seams = {"after_deploy": Sequence.of(Pass(name="Warm")), "before_deploy": Sequence.of(Pass(name="Ask"))}
    found = path(release_machine(RELEASE, seams=seams))
    assert found[found.index("ReleaseVerdict") + 1] == "Warm"
    assert found[found.index("Deploy") - 1] == "Ask"


def test_permissions_are_on_this_endpoint_only() -> None:
    machine = release_machine(EVERY["scaled"])
    endpoints = {
        resource
        for state in machine.walk()
        if isinstance(state, Task)
        for statement in state.statements
        for resource in statement.resources
        if ":endpoint/" in resource and ":sagemaker:" in resource
    }
    assert endpoints == {"arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/flights"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"rollout": Shadow()},
            "is no update of an endpoint; give one of AllAtOnce, Canary, Linear, Rolling",
        ),
        ({"serving": Serving(instances=1)}, "percent=10: comes to 1 of 1 instances"),
        ({"serving": SERVERLESS.serving}, "rollout='Canary': is not offered for a serverless endpoint"),
        ({"serving": SERVERLESS.serving, "rollout": SERVERLESS.rollout}, "cannot be isolated"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(RELEASE, **changes)


def test_unknown_steps_and_seams_are_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'after_deploy'"):
        release_machine(RELEASE, seams={"after_deplo": Sequence()})
    with pytest.raises(ValueError, match="'check_golden' is no step"):
        release_machine(EVERY["unasked"], tasks={"check_golden": Pass(name="X")})
    with pytest.raises(ValueError, match="'deploy' is many states"):
        release_machine(RELEASE, tasks={"deploy": Pass(name="X")})
