"""How a machine is put together: where an execution resumes when seams stand around steps."""

from typing import Any

import pytest

from mdlc_constructs import Compute
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass
from mdlc_constructs.workflows.assembly import machine_timeout, state_name, verdict
from mdlc_constructs.workflows.data_jobs import patience
from mdlc_constructs.workflows.parts import check_names
from mdlc_constructs.workflows.training.machine import training_machine
from tests.workflows.settings import TRAINING


def resumed_at(**seams: str) -> dict[str, str]:
    """What the plan may name, to the state that Resume goes to, with a Pass of that name in each seam."""
    around = {seam: StateSequence.of(Pass(name=name)) for seam, name in seams.items()}
    choice: dict[str, Any] = training_machine(TRAINING, seams=around).state("Resume").to_asl()
    rules = {rule["Condition"].split("'")[1]: rule["Next"] for rule in choice["Choices"]}
    return {**rules, "CheckQuality": choice["Default"]}


def test_without_seams_an_execution_resumes_at_the_step_itself() -> None:
    found = resumed_at()
    for step in (
        "CheckQuality",
        "PrepareFeatures",
        "Train",
        "CreateModel",
        "ScoreHoldout",
        "Evaluate",
    ):
        assert found[step] == step
    # The model card is read directly before the registration.
    assert found["Register"] == "ReadModelCard"
    assert found["QualityVerdict"] == "QualityVerdict"
    assert (found["Wait"], found["Done"]) == ("WaitForOther", "RecordAudit")


def test_a_seam_before_a_step_runs_again_when_the_step_does() -> None:
    assert resumed_at(before_train="Prepare")["Train"] == "Prepare"
    assert resumed_at(before_check_quality="First")["CheckQuality"] == "First"


def test_a_seam_behind_a_finished_step_runs_again_until_the_next_step_began() -> None:
    found = resumed_at(after_train="Thanks", before_create_model="Ready")
    assert found["CreateModel"] == "Thanks"
    assert found["Train"] == "Train"
    assert resumed_at(after_evaluate="Note")["Register"] == "Note"


def test_a_verdict_that_is_missing_does_not_pass() -> None:
    choice: dict[str, Any] = verdict("V", "quality", error="Refused", instead="No verdict.").to_asl()
    (rule,) = choice["Choices"]
    assert rule["Condition"] == "{% $not($quality.passed = true) %}"
    assert rule["Assign"]["failure"]["Error"] == "Refused"
    assert "'No verdict.'" in rule["Assign"]["failure"]["Cause"]


def test_names_of_states_are_the_steps_in_capitals() -> None:
    assert state_name("check_quality") == "CheckQuality"


@pytest.mark.parametrize(
    ("tasks", "seams", "message"),
    [
        (["trian"], [], "'trian' is no step .* Did you mean 'train'"),
        ([], ["after_trian"], "'after_trian' is no seam .* Did you mean 'after_train'"),
        ([], ["train"], "'train' is no seam"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest(
    tasks: list[str], seams: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_names("training", ("train", "evaluate"), tasks, seams)


def test_a_machine_outlives_every_state_of_it() -> None:
    computes = [Compute(), Compute()]
    assert machine_timeout(*computes) > sum(patience(compute) for compute in computes)
