"""The training machine as plain data: no CDK, no Node."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs import (
    Approval,
    BuiltInAlgorithm,
    Compute,
    CustomImage,
    Evaluation,
    Gate,
    NetworkSettings,
    QualityRules,
    Split,
    Spot,
)
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass, Task
from mdlc_constructs.workflows.training.machine import train, training_machine
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.workflows.settings import ALGORITHM, DATASET, TRAINING

HAPPY_PATH = (
    "Plan",
    "Resume",
    "CheckQuality",
    "QualityVerdict",
    "PrepareFeatures",
    "Train",
    "CreateModel",
    "ScoreHoldout",
    "Evaluate",
    "ReadModelCard",
    "Register",
    "Decide",
    "RecordAudit",
    "PublishEvent",
)


def test_the_happy_path_follows_from_state_to_state() -> None:
    states = training_machine(TRAINING).to_asl()["States"]
    assert isinstance(states, dict)
    path = ["Plan"]
    while "End" not in states[path[-1]]:
        path.append(states[path[-1]].get("Next") or states[path[-1]]["Default"])
    assert tuple(path) == HAPPY_PATH


def test_the_machine_passes_every_check() -> None:
    machine = training_machine(TRAINING)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_every_state_that_can_fail_leads_to_the_record_or_back_to_the_plan() -> None:
    for state in training_machine(TRAINING).states:
        targets = {catch.next for catch in state.catchers()}
        if state.name in ("ReadModelCard", "Register"):
            # A card that cannot be read or registered fails no training.
            assert "RegisterWithoutCard" in targets
            targets -= {"RegisterWithoutCard"}
        assert targets <= {"RecordFailure", "PublishFailure", "Failed", "Plan"}
        if isinstance(state, Task) and state.name not in ("RecordFailure", "PublishFailure", "ReadModelCard"):
            assert "RecordFailure" in targets, state.name


def test_every_job_is_encrypted_isolated_and_bounded() -> None:
    machine = training_machine(TRAINING)
    for name in ("CheckQuality", "PrepareFeatures", "Evaluate"):
        arguments = machine.state(name).to_asl()["Arguments"]
        text = json.dumps(arguments)
        assert '"KmsKeyId": "${KeyArn}"' in text
        assert '"VolumeKmsKeyId": "${KeyArn}"' in text
        assert '"EnableNetworkIsolation": true' in text
        assert "MaxRuntimeInSeconds" in text
    training = json.dumps(machine.state("Train").to_asl()["Arguments"])
    assert '"EnableInterContainerTrafficEncryption": true' in training


def test_evaluation_leaves_the_baseline_that_the_package_names() -> None:
    machine = training_machine(TRAINING)
    text = json.dumps(machine.state("Evaluate").to_asl()["Arguments"])
    assert '"S3Uri": "{% $plan.uris.trained_on %}"' in text
    assert '"S3Uri": "{% $plan.uris.baseline %}"' in text
    package = machine.state("Register").to_asl()["Arguments"]
    assert isinstance(package, dict)
    assert package["CustomerMetadataProperties"]["baseline"] == "{% $plan.uris.baseline %}"


def test_a_changed_hyperparameter_changes_the_request_of_training_alone() -> None:
    other = replace(TRAINING, algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=11))
    before, after = (training_machine(s).state("Plan").to_asl()["Arguments"] for s in (TRAINING, other))
    assert isinstance(before, dict) and isinstance(after, dict)
    requests = before["Payload"]["requests"], after["Payload"]["requests"]
    assert {step for step in requests[0] if requests[0][step] != requests[1][step]} == {"Train"}


def test_the_digests_cover_every_value_that_requests_hold() -> None:
    machine = training_machine(TRAINING)
    arguments = machine.state("Plan").to_asl()["Arguments"]
    assert isinstance(arguments, dict)
    bound = arguments["Payload"]["bound"]
    assert {"TrainingImage", "JobCode", "TrainRole", "KeyArn", "Bucket"} - set(bound) == {"Bucket"}
    assert all(value == f"${{{name}}}" for name, value in bound.items())


def test_manual_approval_leaves_a_passing_package_pending() -> None:
    arguments = json.dumps(
        training_machine(replace(TRAINING, approval=Approval.manual())).state("Decide").to_asl()
    )
    assert "'PendingManualApproval' : 'Rejected'" in arguments
    assert "'PendingApproval' : 'Refused'" in arguments


def test_spot_training_keeps_checkpoints_of_its_own_name() -> None:
    compute = Compute(max_runtime=timedelta(hours=1), spot=Spot(max_wait=timedelta(hours=2)))
    arguments = train(replace(TRAINING, training_compute=compute)).arguments
    assert isinstance(arguments, dict)
    assert arguments["EnableManagedSpotTraining"] is True
    assert "$plan.names.Train" in arguments["CheckpointConfig"]["S3Uri"]
    assert arguments["StoppingCondition"]["MaxWaitTimeInSeconds"] == 7200


def test_a_vpc_reaches_every_job_by_placeholders() -> None:
    network = NetworkSettings(subnet_ids=("subnet-1", "subnet-2"), security_group_ids=("sg-1",))
    machine = training_machine(replace(TRAINING, network=network))
    assert {"Subnet0", "Subnet1", "SecurityGroup0"} <= machine.placeholders()


def test_a_seam_stands_where_it_was_asked_for_and_is_caught() -> None:
    note = Pass(name="Note", assign={"seen": True})
    machine = training_machine(TRAINING, seams={"after_check_quality": StateSequence.of(note)})
    assert machine.state("Note").next == "PrepareFeatures"
    resume = machine.state("Resume").to_asl()
    assert isinstance(resume["Choices"], list)
    # Resuming behind the quality check reads the verdict again and so runs the seam again.
    assert {rule["Next"] for rule in resume["Choices"]} >= {"QualityVerdict", "Note"}


@pytest.mark.parametrize("seam", ["before_trian", "around_train", "after_plan"])
def test_a_seam_of_no_step_is_refused(seam: str) -> None:
    with pytest.raises(
        ValueError, match=f"{seam!r} is no seam of the training workflow: it has check_quality"
    ):
        training_machine(TRAINING, seams={seam: StateSequence.of(Pass(name="P"))})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gate": Gate(at_least={"r2": 0.5})}, "r2"),
        ({"quality": QualityRules(ranges={"distanse": (0, 1)})}, "distanse"),
        (
            {"algorithm": BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=1)},
            "objective='reg:squarederror': answers a regression task and dataset.task is 'binary': give an "
            "objective of that task, such as 'binary:logistic', or declare the dataset's task.",
        ),
        ({"split": Split.by_column("parts")}, "split.column='parts': no such column"),
        ({"dataset": replace(DATASET, timestamp=None, calendar=())}, "divide by Split.random"),
        ({"evaluation": Evaluation(weighted=True)}, "weighted=True: the dataset names no weight column"),
        ({"job_compute": Compute(keep_alive=timedelta(minutes=5))}, "keep_alive"),
        (
            {
                "algorithm": CustomImage(image_uri="1.dkr.ecr.x/a:1"),
                "training_compute": Compute(instance_count=2),
            },
            "instance_count=2: only built-in algorithms are known to train on several instances",
        ),
        ({"job_compute": Compute(instance_count=2)}, "instance_count=2"),
        (
            {"training_compute": Compute(instance_type="ml.trn1.2xlarge")},
            "XGBoost's image is built for x86-64",
        ),
        (
            {"scoring_compute": Compute(instance_type="ml.inf2.xlarge")},
            "XGBoost's image is built for x86-64",
        ),
        (
            {"algorithm": BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=1, num_class=2)},
            "objective='multi:softprob': answers a multiclass task",
        ),
    ],
)
def test_settings_that_do_not_fit_each_other_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(TRAINING, **change)


def test_each_of_several_instances_gets_a_file_of_the_training_part() -> None:
    several = replace(TRAINING, training_compute=Compute(instance_count=3))
    request: Any = train(several).to_asl()["Arguments"]
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3DataDistributionType"]
        for channel in request["InputDataConfig"]
    }
    assert channels == {"train": "ShardedByS3Key", "validation": "FullyReplicated"}
    assert request["ResourceConfig"]["InstanceCount"] == 3
    plan: Any = several.to_plan()
    assert plan["records"]["shards"] == 3
    one: Any = train(TRAINING).to_asl()["Arguments"]
    assert {
        entry["DataSource"]["S3DataSource"]["S3DataDistributionType"] for entry in one["InputDataConfig"]
    } == {"FullyReplicated"}


def test_a_dataset_without_time_and_with_weights() -> None:
    plain = replace(DATASET, timestamp=None, calendar=(), row_key=(), class_weights={DATASET.positive: 3.0})
    settings = TrainingSettings(model="m", dataset=plain, algorithm=ALGORITHM)
    plan: dict[str, Any] = settings.to_plan()
    assert plan["split"]["random"]["stratify"] == DATASET.label
    assert plan["algorithm"]["hyperparameters"]["csv_weights"] == "1"
    request: Any = train(settings).to_asl()["Arguments"]
    assert request["HyperParameters"]["csv_weights"] == "1"
    plain_request: Any = train(TRAINING).to_asl()["Arguments"]
    assert "csv_weights" not in plain_request["HyperParameters"]


def test_a_code_version_that_could_not_be_registered_is_refused() -> None:
    with pytest.raises(ValueError, match=r"code_version='v1 \(dirty\)': '\(' cannot be recorded"):
        replace(TRAINING, code_version="v1 (dirty)")


def test_the_plan_holds_what_the_jobs_read() -> None:
    plan: dict[str, Any] = TrainingSettings(model="m", dataset=DATASET, algorithm=ALGORITHM).to_plan()
    assert set(plan) == {
        *("dataset", "quality", "split", "gate", "evaluation"),
        *("importance", "algorithm", "code_version"),
    }
    assert plan["dataset"]["uri"] == "s3://${DatasetBucket}/${DatasetPrefix}"
    assert plan["algorithm"]["image"] == "${TrainingImage}"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, None),
        ({"training_compute": Compute(instance_count=3)}, {"shards": 3}),
        (
            {"algorithm": BuiltInAlgorithm.factorization_machines(num_factors=4)},
            {"training": "recordio", "scoring": "recordio", "answers": "factorization-machines"},
        ),
        (
            {"algorithm": CustomImage(image_uri="1.dkr.ecr.x/a:1", content_type="application/jsonlines")},
            {"training": "jsonlines", "scoring": "jsonlines"},
        ),
        ({"algorithm": CustomImage(image_uri="1.dkr.ecr.x/a:1")}, None),
    ],
)
def test_records_are_in_the_plan_where_they_are_not_the_usual_ones(
    changed: dict[str, Any], told: dict[str, Any] | None
) -> None:
    records: Any = replace(TRAINING, **changed).to_plan().get("records")
    assert (records is None) == (told is None)
    assert told is None or {name: records[name] for name in told} == told


def test_the_digests_cover_the_values_of_tokens_whatever_else_holds_tokens() -> None:
    token, other = "${Token[TOKEN.812]}", "${Token[TOKEN.7]}"
    task = train(TRAINING)
    assert isinstance(task.arguments, Mapping)
    changed = replace(task, arguments={**task.arguments, "Environment": {"BUCKET": token}})
    note = Pass(name="Note", assign={"seen": other})
    machine = training_machine(
        TRAINING, tasks={"train": changed}, seams={"before_check_quality": StateSequence.of(note)}
    )
    text = machine.definition()
    payload = json.loads(text)["States"]["Plan"]["Arguments"]["Payload"]
    stands_for = machine.tokens()
    bound = [name for name in payload["bound"].values() if stands_for.get(name.strip("${}")) == token]
    assert len(bound) == 1
    assert set(stands_for.values()) == {token, other}


def test_a_container_of_ones_own_may_be_built_for_any_processor() -> None:
    own = CustomImage(image_uri="222222222222.dkr.ecr.us-west-2.amazonaws.com/team/neuron:3")
    made = replace(
        TRAINING,
        algorithm=own,
        training_compute=Compute(instance_type="ml.trn1.2xlarge"),
        scoring_compute=Compute(instance_type="ml.inf2.xlarge", instance_count=2),
    )
    assert made.scoring_compute.instance_count == 2


def manual(**times: timedelta) -> Mapping[str, Any]:
    """The states of a training after which a person decides."""
    states = training_machine(replace(TRAINING, approval=Approval.manual(**times))).to_asl()["States"]
    assert isinstance(states, dict)
    return states


def test_a_version_that_waits_is_named_with_the_command_that_approves_it() -> None:
    detail = manual()["PublishEvent"]["Arguments"]["Entries"][0]["Detail"]
    assert detail["approve"] == (
        "{% $result.outcome = 'PendingApproval' ? 'mdlc approve ' & $split($result.package_arn, '/')[-1] & "
        f"' --model {TRAINING.model}' : '' %}}"
    )
    automatic = training_machine(TRAINING).to_asl()["States"]
    assert isinstance(automatic, dict)
    assert "approve" not in automatic["PublishEvent"]["Arguments"]["Entries"][0]["Detail"]


def test_only_a_timed_approval_starts_a_machine_beside_the_version() -> None:
    assert manual().keys() == training_machine(TRAINING).to_asl()["States"].keys()  # type: ignore[attr-defined]
    states = manual(remind_after=timedelta(days=1))
    assert states["Decide"]["Next"] == "NeedsPerson"
    (decided,) = states["NeedsPerson"]["Choices"]
    assert (decided["Next"], states["NeedsPerson"]["Default"]) == ("RecordAudit", "StartApproval")
    start = states["StartApproval"]
    assert start["Next"] == "RecordAudit" and start["Resource"].endswith(":states:startExecution")
    assert start["Arguments"]["StateMachineArn"].endswith(f":stateMachine:{TRAINING.model}-approval")
    assert start["Catch"][0] == {
        "ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"],
        "Next": "RecordAudit",
    }
