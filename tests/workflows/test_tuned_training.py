"""The training machine with a search for hyperparameters, as plain data."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mdlc_constructs import Categorical, Continuous, Tuning, WarmStart
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.states import Pass
from mdlc_constructs.workflows.training.machine import training_machine
from mdlc_constructs.workflows.training.tuned import MAX_PATIENCE_SECONDS, tuning_patience
from tests.workflows.settings import TRAINING

TUNED = replace(
    TRAINING, tuning=Tuning(ranges={"learning_rate": Continuous(0.05, 0.5)}, max_trials=12, parallel=2)
)
GRID = replace(
    TRAINING, tuning=Tuning(ranges={"max_depth": Categorical((3, 6))}, strategy="Grid", max_trials=None)
)
BEHIND = ["Plan", "Resume", "CheckQuality", "QualityVerdict", "PrepareFeatures"]


def path(settings: Any) -> list[str]:
    states: Any = training_machine(settings).to_asl()["States"]
    names = ["Plan"]
    while "End" not in states[names[-1]]:
        names.append(states[names[-1]].get("Next") or states[names[-1]]["Default"])
    return names


def test_the_search_stands_where_the_training_job_stands() -> None:
    plain = path(TRAINING)
    place = plain.index("Train")
    assert path(TUNED) == [*plain[:place], "TuningBegun", "Train", "CollectTrials", *plain[place + 1 :]]
    assert path(GRID) == [*plain[: place + 1], "CollectTrials", *plain[place + 1 :]]
    for settings in (TUNED, GRID):
        machine = training_machine(settings)
        check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_a_training_without_a_search_is_as_it_was() -> None:
    assert "uning" not in json.dumps(training_machine(TRAINING).to_asl())


def test_a_search_that_was_stopped_goes_on_from_its_trials() -> None:
    states: Any = training_machine(TUNED).to_asl()["States"]
    assert states["TuningBegun"]["Choices"][0]["Next"] == "ContinueTuning"
    first, more = (states[name]["Arguments"] for name in ("Train", "ContinueTuning"))
    assert "WarmStartConfig" not in first
    assert more["WarmStartConfig"]["ParentHyperParameterTuningJobs"] == "{% $plan.tuning.parents %}"
    limits = more["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits["MaxNumberOfTrainingJobs"] == "{% $plan.tuning.remaining %}"
    seeds = [each["HyperParameterTuningJobConfig"]["RandomSeed"] for each in (first, more)]
    assert seeds == [0, "{% 0 + $plan.tuning.attempt %}"]
    assert states["ContinueTuning"]["Next"] == "CollectTrials"


def test_a_seam_after_training_follows_both_searches() -> None:
    states: Any = training_machine(TUNED, seams=after_train()).to_asl()["States"]
    assert states["Train"]["Next"] == states["ContinueTuning"]["Next"] == "Look"
    assert states["Look"]["Next"] == "CollectTrials"


def after_train() -> Mapping[str, Any]:
    from mdlc_constructs.asl.sequence import StateSequence

    return {"after_train": StateSequence.of(Pass(name="Look"))}


def test_what_trained_the_model_is_the_best_trial() -> None:
    machine = training_machine(TUNED)
    register: Any = machine.state("Register").to_asl()["Arguments"]
    assert "$tuned.job" in register["CustomerMetadataProperties"]["training_job"]
    item: Any = machine.state("RecordAudit").to_asl()["Arguments"]
    fields = item["TransactItems"][0]["Put"]["Item"]
    for name in ("training_job", "hyperparameters", "tuning", "trials"):
        assert "$tuned" in fields[name]["S"]
    evaluate = json.dumps(machine.state("Evaluate").to_asl()["Arguments"])
    assert "{% $plan.uris.trials %}" in evaluate


def test_failed_trials_are_explained_and_recorded() -> None:
    states: Any = training_machine(TUNED).to_asl()["States"]
    for name in ("Train", "ContinueTuning"):
        targets = {catch["Next"] for catch in states[name]["Catch"]}
        assert targets == {"Plan", "ExplainTrials", "RecordFailure"}
    assert states["ExplainTrials"]["Next"] == "RecordFailure"


def test_another_range_is_another_search() -> None:
    other = replace(TUNED, tuning=Tuning(ranges={"eta": Continuous(0.05, 0.6)}, max_trials=12, parallel=2))
    before, after = (
        training_machine(settings).state("Plan").to_asl()["Arguments"]["Payload"]["requests"]  # type: ignore[index]
        for settings in (TUNED, other)
    )
    assert {step for step in before if before[step] != after[step]} == {"Train"}


def test_a_task_of_ones_own_and_a_search_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="another task trains; leave tuning out"):
        training_machine(TUNED, tasks={"train": Pass(name="Train")})


def test_the_machine_waits_for_all_rounds() -> None:
    compute, tuning = TUNED.training_compute, TUNED.tuning
    assert tuning is not None
    one = tuning_patience(replace(tuning, max_trials=1, parallel=1), compute)
    assert tuning_patience(tuning, compute) == 6 * one
    assert tuning_patience(replace(tuning, max_trials=750), compute) == MAX_PATIENCE_SECONDS
    warm = replace(tuning, warm_start=WarmStart(parents=("old",), kind="TransferLearning"))
    text = json.dumps(training_machine(replace(TRAINING, tuning=warm)).to_asl())
    assert '"HyperParameterTuningJobName": "old"' in text and "TransferLearning" in text


@pytest.mark.parametrize("tuning", ["Bayesian", True])
def test_a_search_that_is_none_is_refused(tuning: Any) -> None:
    with pytest.raises(ValueError, match=r"tuning=.*: give Tuning\(ranges="):
        replace(TUNED, tuning=tuning)
