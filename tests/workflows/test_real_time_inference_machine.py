"""The release machine as plain data: no CDK, no Node."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from lambdas.aws.packages import SERVED
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass, Task
from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Canary, Linear, Rolling
from mdlc_constructs.settings.scaling import Asynchronous, Night, Scaling, Serverless
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
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
    serving=Serving(serverless=Serverless(), capture=None, alarms=QUIET, prepares=False),
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
        "GoldenRecorded",
        "ScoreGolden",
        "CheckGolden",
        "GoldenVerdict",
        "CreateConfig",
        "Deploy",
        "GoesBack",
        "LookAtAlarms",
        "AlarmsOk",
        "RecordAnswers",
        "EndsScaling",
        "UpdateEndpoint",
        "Watch",
        "EndpointVerdict",
        "ReleaseVerdict",
        "PointChampion",
        "SetLifeCycle",
        "RetireOld",
        "RecordAudit",
        "PublishEvent",
    ]


@pytest.mark.parametrize("settings", EVERY.values(), ids=EVERY)
def test_the_machine_passes_every_check(settings: ReleaseSettings) -> None:
    machine = release_machine(settings)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


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


def test_a_watch_that_breaks_is_taken_up_again() -> None:
    watch: Any = release_machine(RELEASE).state("Watch").to_asl()
    (again,) = watch["Retry"]
    assert (again["ErrorEquals"], again["MaxAttempts"]) == (["States.ALL"], 5)


def test_the_update_keeps_what_scaling_left() -> None:
    update: Any = release_machine(RELEASE).state("UpdateEndpoint").to_asl()["Arguments"]
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


def test_the_program_travels_with_the_model() -> None:
    asked: Any = release_machine(RELEASE).state("CreateModel").to_asl()["Arguments"]
    prepare, own, stamp = asked["Containers"]
    assert "PrimaryContainer" not in asked
    assert prepare["Image"] == stamp["Image"] == "${JobImage}"
    assert prepare["ModelDataUrl"] == stamp["ModelDataUrl"] == "{% $plan.package.program & 'model.tar.gz' %}"
    assert prepare["Environment"] == {
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "MDLC_SERVING_STEP": "prepare",
        "MDLC_MODEL_VERSION": "{% $string($plan.package.version) %}",
    }
    assert stamp["Environment"] == {**prepare["Environment"], "MDLC_SERVING_STEP": "stamp"}
    assert own["ModelDataUrl"] == "{% $plan.package.artifact %}"
    config: Any = release_machine(RELEASE).state("CreateConfig").to_asl()["Arguments"]
    assert (
        config["ProductionVariants"][0]["ModelName"] == asked["ModelName"] == "{% $plan.names.CreateModel %}"
    )


def test_a_container_that_carries_its_program_stands_alone() -> None:
    asked: Any = release_machine(SERVERLESS).state("CreateModel").to_asl()["Arguments"]
    assert asked["PrimaryContainer"]["Image"] == "{% $plan.package.image %}"
    assert "Containers" not in asked


def test_golden_rows_are_asked_of_the_model_that_will_serve() -> None:
    asked: Any = release_machine(RELEASE).state("ScoreGolden").to_asl()["Arguments"]
    assert asked["ModelName"] == "{% $plan.names.CreateModel %}"
    assert (
        asked["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://${Bucket}/golden/rows.jsonl"
    )
    assert (
        asked["TransformInput"]["ContentType"]
        == asked["TransformOutput"]["Accept"]
        == ("application/jsonlines")
    )
    check: Any = release_machine(RELEASE).state("CheckGolden").to_asl()["Arguments"]
    assert {"rows", "expected", "predictions"} <= {one["InputName"] for one in check["ProcessingInputs"]}


def test_without_recorded_rows_the_seam_before_the_configuration_comes_next() -> None:
    seams = {"before_create_config": StateSequence.of(Pass(name="Ask"))}
    machine = release_machine(RELEASE, seams=seams)
    assert list(rules(machine, "GoldenRecorded")) == ["Ask"]
    assert list(rules(release_machine(RELEASE), "GoldenRecorded")) == ["CreateConfig"]


def test_no_prober_where_no_alarm_watches_answers() -> None:
    unwatched = RollbackAlarms(quality_share=None)
    found = release_machine(replace(RELEASE, serving=Serving(alarms=unwatched)))
    names = set(found.names())
    assert not {"RecordAnswers", "ProbeAnswers"} & names
    assert {"Watch", "AwaitEndpoint"} <= names
    watch: Any = found.state("Watch").to_asl()
    both: Any = release_machine(RELEASE).state("Watch").to_asl()
    assert (len(watch["Branches"]), len(both["Branches"])) == (1, 2)


def test_the_registry_says_what_serves() -> None:
    asked: Any = release_machine(RELEASE).state("SetLifeCycle").to_asl()["Arguments"]
    # By this the planner knows a way back.
    assert (asked["ModelLifeCycle"]["Stage"], asked["ModelLifeCycle"]["StageStatus"]) == SERVED
    assert "ModelApprovalStatus" not in asked


def test_old_releases_are_retired_and_a_failure_of_that_fails_no_release() -> None:
    retire: Any = release_machine(replace(RELEASE, retained=5)).state("RetireOld").to_asl()
    assert retire["Arguments"]["Payload"]["keep"] == 5
    assert [catch["Next"] for catch in retire["Catch"]] == ["RecordAudit"]


def test_a_seam_after_the_deployment_comes_when_the_version_serves() -> None:
    seams = {
        "after_deploy": StateSequence.of(Pass(name="Warm")),
        "before_deploy": StateSequence.of(Pass(name="Ask")),
    }
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
        ({"rollout": "canary"}, "rollout='canary' is no rollout; give one of AllAtOnce, Canary,"),
        ({"serving": Serving(instances=1)}, "percent=10: comes to 1 of 1 instances"),
        ({"serving": SERVERLESS.serving}, "rollout='Canary': is not offered for a serverless endpoint"),
        ({"serving": SERVERLESS.serving, "rollout": SERVERLESS.rollout}, "cannot be isolated"),
        ({"endpoint": "no_underscores"}, "endpoint_name='no_underscores'"),
        ({"retained": -1}, "retained=-1"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(RELEASE, **changes)


def test_unknown_steps_and_seams_are_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'after_deploy'"):
        release_machine(RELEASE, seams={"after_deplo": StateSequence()})
    with pytest.raises(ValueError, match="'check_golden' is no step"):
        release_machine(EVERY["unasked"], tasks={"check_golden": Pass(name="X")})
    with pytest.raises(ValueError, match="'deploy' is many states"):
        release_machine(RELEASE, tasks={"deploy": Pass(name="X")})
