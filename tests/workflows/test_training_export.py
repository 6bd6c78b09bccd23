"""The export step of the training machine: it is there only when it is asked for."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mdlc_constructs import Onnx
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass
from mdlc_constructs.workflows.training.machine import STEPS, steps_of, training_machine
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.workflows.settings import TRAINING

EXPORTED: TrainingSettings = replace(TRAINING, export=Onnx())


@pytest.fixture(scope="module")
def machine() -> Machine:
    return training_machine(EXPORTED)


def test_the_step_follows_the_answers_to_the_holdout(machine: Machine) -> None:
    assert steps_of(TRAINING) == STEPS
    states = machine.to_asl()["States"]
    assert isinstance(states, dict)
    assert states["ScoreHoldout"]["Next"] == "Export"
    assert (states["Export"]["Next"], states["ExportVerdict"]["Default"]) == ("ExportVerdict", "Evaluate")
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_without_it_nothing_of_it_is_in_the_machine() -> None:
    text = json.dumps(training_machine(TRAINING).to_asl())
    assert "Export" not in text and "onnx" not in text


def test_a_refused_model_ends_the_execution_with_the_reason(machine: Machine) -> None:
    verdict: Any = machine.state("ExportVerdict").to_asl()
    (rule,) = verdict["Choices"]
    assert rule["Next"] == "RecordFailure"
    failure = rule["Assign"]["failure"]
    assert failure["Error"] == "ExportRefused"
    assert "$plan.uris.export & 'export.json'" in failure["Cause"]


def test_the_package_and_the_audit_hold_the_archive_and_its_digest(machine: Machine) -> None:
    for state in ("Register", "RecordAudit"):
        text = json.dumps(machine.state(state).to_asl())
        assert "$plan.uris.export & 'model.tar.gz'" in text and "$export.digest" in text


def test_the_plan_has_the_tolerance_and_resumes_at_the_verdict(machine: Machine) -> None:
    plan: Any = machine.state("Plan").to_asl()
    assert plan["Arguments"]["Payload"]["settings"]["export"] == {"tolerance": 1e-5}
    assert "Export" in plan["Arguments"]["Payload"]["requests"]
    assert plan["Assign"]["export"] == "{% $states.result.Payload.export %}"
    assert "ExportVerdict" in json.dumps(machine.state("Resume").to_asl())


def test_seams_surround_it_only_when_it_is_there() -> None:
    rest = StateSequence.of(Pass(name="Rest"))
    made = training_machine(EXPORTED, seams={"after_export": rest}).to_asl()["States"]
    assert isinstance(made, dict) and made["ExportVerdict"]["Default"] == "Rest"
    with pytest.raises(ValueError, match="'after_export' is no seam of the training workflow"):
        training_machine(TRAINING, seams={"after_export": rest})


@pytest.mark.parametrize("export", [True, "onnx"])
def test_an_export_that_is_none_is_refused(export: Any) -> None:
    with pytest.raises(ValueError, match=r"export=.*: give Onnx\(\), or None for no export"):
        replace(TRAINING, export=export)
