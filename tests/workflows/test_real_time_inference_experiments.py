"""The states that try a version first: what they ask for, and where they lead."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.settings.experiment import ABTest, Shadow
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import Canary
from mdlc_constructs.settings.scaling import Scaling
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows.real_time_inference.experiments import (
    experiment_plan,
    judging,
    looking_at_executions,
)
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from tests.workflows.settings import DATASET
from tests.workflows.test_real_time_inference_expressions import evaluated, taken
from tests.workflows.test_real_time_inference_machine import path

SHADOW = ReleaseSettings(model="flights", dataset=DATASET, rollout=Shadow(then=Canary(percent=10)))
AB = ReleaseSettings(
    model="flights",
    dataset=replace(DATASET, entity="tail"),
    rollout=ABTest(weights={"main": 90, "blue": 10}, collapse=Canary(percent=20)),
)
SCALED = Serving(scaling=Scaling(minimum=2, maximum=6, invocations=600))
BOTH = pytest.mark.parametrize("settings", [SHADOW, AB], ids=["shadow", "ab"])
PLAN = {"trial": {"config": "t", "champion_config": "c"}}


def states(settings: ReleaseSettings) -> Any:
    return release_machine(settings).to_asl()["States"]


@BOTH
def test_the_trial_stands_between_deploy_and_the_update(settings: ReleaseSettings) -> None:
    found = path(release_machine(settings))
    assert found[found.index("Deploy") + 1 : found.index("UpdateEndpoint")] == [
        "Trial",
        "CreateTrial",
        "RecordTrial",
        "StartTrial",
        "WatchTrial",
        "TrialVerdict",
        "RunTrial",
        "WaitTrial",
        "JudgeTrial",
        "EndTrial",
        "WatchTrialEnd",
        "TrialEnded",
        "ForgetTrial",
        "TrialDecision",
        "GoesBack",
        "LookAtAlarms",
        "AlarmsOk",
        "RecordAnswers",
        "EndsScaling",
    ]


@BOTH
@pytest.mark.parametrize("serving", [Serving(), SCALED, Serving(alarms=RollbackAlarms(quality_share=None))])
def test_the_machine_passes_every_check(settings: ReleaseSettings, serving: Serving) -> None:
    machine = release_machine(replace(settings, serving=serving))
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_the_machine_has_time_for_the_experiment() -> None:
    short, long = (
        release_machine(replace(SHADOW, rollout=Shadow(duration=timedelta(days=days)))).timeout_seconds
        for days in (1, 3)
    )
    assert short is not None and long is not None
    assert long - short == 2 * 24 * 3600


def test_a_shadow_stands_beside_the_champion_as_it_serves() -> None:
    asked = states(replace(SHADOW, rollout=Shadow(sample_percent=25)))["CreateTrial"]["Arguments"]
    (champion,), (shadow,) = asked["ProductionVariants"], asked["ShadowProductionVariants"]
    assert (champion["VariantName"], shadow["VariantName"]) == ("main", "shadow")
    assert champion["ModelName"] == "{% $plan.trial.champion_model %}"
    assert champion["InitialInstanceCount"] == "{% $plan.trial.instances %}"
    assert champion["InstanceType"] == "{% $plan.trial.instance_type %}"
    assert shadow["ModelName"] == "{% $plan.names.CreateModel %}"
    assert (champion["InitialVariantWeight"], shadow["InitialVariantWeight"]) == (1, 0.25)
    assert asked["DataCaptureConfig"]["DestinationS3Uri"] == "s3://${Bucket}/capture/"
    assert asked["KmsKeyId"] == "${KeyArn}"


def test_two_variants_share_the_traffic_by_weight() -> None:
    asked = states(AB)["CreateTrial"]["Arguments"]
    assert "ShadowProductionVariants" not in asked
    assert [(one["VariantName"], one["InitialVariantWeight"]) for one in asked["ProductionVariants"]] == [
        ("main", 90),
        ("blue", 10),
    ]


def test_whom_scaling_does_not_follow_has_as_many_instances_as_it_may_need() -> None:
    scaled = states(replace(AB, serving=SCALED))
    assert scaled["CreateTrial"]["Arguments"]["ProductionVariants"][1]["InitialInstanceCount"] == 6
    for name in ("StartTrial", "EndTrial"):
        asked = scaled[name]["Arguments"]
        assert asked["RetainAllVariantProperties"] is True
        assert {one["VariantPropertyType"] for one in asked["ExcludeRetainedVariantProperties"]} == {
            "DesiredWeight",
            "DataCaptureConfig",
        }


@BOTH
def test_variants_come_and_go_without_guardrails_and_the_takeover_has_them(
    settings: ReleaseSettings,
) -> None:
    found = states(settings)
    for name in ("StartTrial", "EndTrial"):
        assert "DeploymentConfig" not in found[name]["Arguments"]
    update = evaluated(found["UpdateEndpoint"]["Arguments"]["DeploymentConfig"], plan={"back": False})
    assert update["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    assert found["EndTrial"]["Arguments"]["EndpointConfigName"] == "{% $plan.trial.champion_config %}"


@pytest.mark.parametrize(
    ("planned", "state"),
    [
        ("Skip", "GoesBack"),
        ("Again", "Plan"),
        ("Create", "CreateTrial"),
        ("Begin", "RecordTrial"),
        ("Carry", "RunTrial"),
        ("End", "EndTrial"),
    ],
)
def test_where_a_trial_begins(planned: str, state: str) -> None:
    assert taken("Trial", states(SHADOW), plan={"trial": {"step": planned}}) == state


def test_a_version_that_does_not_come_up_is_sent_back() -> None:
    found = states(AB)
    endpoint = {"status": "InService", "config": "t", "reason": ""}
    assert taken("TrialVerdict", found, plan=PLAN, endpoint=endpoint) == "RunTrial"
    for changes in ({"config": "c"}, {"status": "Failed"}):
        gone = {**endpoint, **changes}
        assert taken("TrialVerdict", found, plan=PLAN, endpoint=gone) == "ForgetTrial"
    without_instances, without_image, failed = found["TrialVerdict"]["Choices"]
    unread = {**endpoint, "config": "c", "reason": "CannotStartContainerError. Please ensure ..."}
    assert evaluated(without_image["Condition"], plan=PLAN, endpoint=unread) is True
    assert without_image["Assign"]["verdict"] == {"decision": "undecided"}
    full = {**endpoint, "config": "c", "reason": "Unable to provision requested ML compute capacity."}
    assert evaluated(without_instances["Condition"], plan=PLAN, endpoint=full) is True
    assert without_instances["Assign"]["verdict"] == {"decision": "undecided"}
    assign = failed["Assign"]
    assert assign["verdict"] == {"decision": "drop"}
    said = evaluated(assign["failure"]["Cause"], endpoint={**endpoint, "config": "c", "reason": "no ping"})
    assert said == (
        "The version did not come up beside the champion: the endpoint is InService with c: no ping."
    )


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("promote", "GoesBack"),
        ("drop", "Blame"),
        ("undecided", "RecordFailure"),
        ("again", "Plan"),
    ],
)
def test_what_follows_a_verdict(decision: str, state: str) -> None:
    assert taken("TrialDecision", states(SHADOW), verdict={"decision": decision}) == state


def test_an_endpoint_that_does_not_go_back_is_told() -> None:
    found = states(SHADOW)
    there = {"status": "InService", "config": "c", "reason": ""}
    assert taken("TrialEnded", found, plan=PLAN, endpoint=there) == "ForgetTrial"
    stuck = {**there, "config": "t", "reason": "no capacity"}
    assert taken("TrialEnded", found, plan=PLAN, endpoint=stuck) == "RecordFailure"
    cause = found["TrialEnded"]["Choices"][0]["Assign"]["failure"]["Cause"]
    assert evaluated(cause, plan=PLAN, endpoint=stuck) == (
        "The endpoint is InService with t and did not go back to c: no capacity. Release again."
    )


def test_the_verdict_is_kept_for_the_record() -> None:
    judge = states(SHADOW)["JudgeTrial"]
    payload = {"decision": "drop", "error": "ShadowDropped", "summary": "Too far off."}
    result = {"result": {"Payload": payload}}
    assert evaluated(judge["Assign"]["verdict"], states=result) == payload
    assert evaluated(judge["Assign"]["failure"]["Error"], states=result) == "ShadowDropped"
    assert evaluated(judge["Assign"]["failure"]["Cause"], states=result) == "Too far off."
    told = judge["Arguments"]["Payload"]
    assert (told["kind"], told["champion"], told["challenger"]) == ("shadow", "main", "shadow")
    assert told["settings"]["tolerance"] == SHADOW.probes.tolerance
    tested = states(AB)["JudgeTrial"]["Arguments"]["Payload"]
    assert (tested["kind"], tested["challenger"], tested["settings"]["entity"]) == ("ab", "blue", "tail")


@BOTH
def test_a_judge_that_fails_ends_the_trial_and_speaks_against_nobody(settings: ReleaseSettings) -> None:
    ended, broken = states(settings)["JudgeTrial"]["Catch"]
    assert (ended["ErrorEquals"], ended["Next"]) == (["ExperimentEnded"], "RecordFailure")
    assert (broken["ErrorEquals"], broken["Next"]) == (["States.ALL"], "EndTrial")
    assert broken["Assign"]["verdict"] == {"decision": "undecided"}


@BOTH
def test_the_success_tells_what_was_found(settings: ReleaseSettings) -> None:
    found = states(settings)
    item = found["RecordAudit"]["Arguments"]["TransactItems"][0]["Put"]["Item"]
    assert item["experiment"] == {"S": "{% $experiment %}"}
    assert found["Plan"]["Assign"]["experiment"] == "{% $states.result.Payload.experiment %}"


def test_the_judge_may_read_and_nothing_else() -> None:
    allowed = {action for one in judging(AB) for action in one.actions}
    assert not {action for action in allowed if action.split(":")[1].startswith(("Put", "Delete", "Update"))}
    read = {resource for one in judging(AB) for resource in one.resources if "Bucket}/" in resource}
    assert {resource.split("/")[1] for resource in read} == {"capture", "outcomes"}
    read = {resource for one in judging(SHADOW) for resource in one.resources if "Bucket}/" in resource}
    assert {resource.split("/")[1] for resource in read} == {"capture"}
    (looks,) = looking_at_executions("flights-release")
    assert looks.resources == ("arn:${Partition}:states:${Region}:${Account}:execution:flights-release:*",)


def test_the_planner_is_told_what_a_trial_is_made_of() -> None:
    told = experiment_plan(SHADOW)
    assert told is not None and told["seconds"] == 24 * 3600
    assert told["request"] != (experiment_plan(AB) or {})["request"]
    assert experiment_plan(replace(SHADOW, rollout=Canary(percent=10))) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rollout": ABTest(), "dataset": DATASET}, "entity=None"),
        ({"serving": Serving(capture=None, alarms=RollbackAlarms.none())}, "capture=None"),
        ({"rollout": Shadow(then=Canary(percent=10)), "serving": Serving(instances=1)}, "percent=10"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(SHADOW, **changes)
