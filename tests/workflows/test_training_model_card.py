"""How the training machine gives a package its model card, as plain data."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from mdlc_constructs import CustomImage, Evaluation
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass
from mdlc_constructs.workflows.training.machine import training_machine
from mdlc_constructs.workflows.training.registration import register
from tests.workflows.settings import TRAINING


def states(machine: Machine) -> dict[str, Any]:
    found = machine.to_asl()["States"]
    assert isinstance(found, dict)
    return found


def test_the_card_is_read_and_registered_for_review() -> None:
    found = states(training_machine(TRAINING))
    assert found["Evaluate"]["Next"] == "ReadModelCard"
    assert found["ReadModelCard"]["Next"] == "Register"
    assert found["Register"]["Arguments"]["ModelCard"] == {
        "ModelCardContent": "{% $model_card %}",
        "ModelCardStatus": "PendingReview",
    }


def test_only_the_cards_of_evaluations_may_be_read() -> None:
    (state,) = [state for state in training_machine(TRAINING).states if state.name == "ReadModelCard"]
    read, key = state.own_statements()
    assert read.actions == ("s3:GetObject",)
    assert read.resources == ("arn:${Partition}:s3:::${Bucket}/evaluations/*",)
    assert key.actions == ("kms:Decrypt",)


def test_a_card_that_cannot_be_read_or_registered_loses_no_model() -> None:
    found = states(training_machine(TRAINING))
    (unread,) = found["ReadModelCard"]["Catch"]
    refused = found["Register"]["Catch"][0]
    assert (unread["ErrorEquals"], unread["Next"]) == (["States.ALL"], "RegisterWithoutCard")
    assert "SageMaker.SageMakerException" in refused["ErrorEquals"]
    assert refused["Next"] == "RegisterWithoutCard"
    without = found["RegisterWithoutCard"]
    assert "ModelCard" not in without["Arguments"]
    assert without["Next"] == found["Register"]["Next"] == "Decide"
    assert without["Assign"] == found["Register"]["Assign"]
    expected = json.loads(json.dumps(found["Register"]["Arguments"]))
    del expected["ModelCard"]
    expected["CustomerMetadataProperties"]["model_card"] = "{% $no_card %}"
    assert without["Arguments"] == expected
    for catch in (unread, refused):
        # What a package's metadata may hold.
        assert re.fullmatch(r"[\w .:/=+\-@]{1,256}", catch["Assign"]["no_card"])


@pytest.mark.parametrize("seam", ["after_register", "before_decide"])
def test_the_seams_behind_the_registration_run_with_and_without_a_card(seam: str) -> None:
    machine = training_machine(TRAINING, seams={seam: StateSequence.of(Pass(name="Note"))})
    found = states(machine)
    assert found["Register"]["Next"] == found["RegisterWithoutCard"]["Next"] == "Note"
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_the_card_is_read_behind_the_seam_that_may_change_it() -> None:
    found = states(training_machine(TRAINING, seams={"before_register": StateSequence.of(Pass(name="Note"))}))
    assert found["Evaluate"]["Next"] == "Note"
    assert found["Note"]["Next"] == "ReadModelCard"


def test_no_card_is_read_for_a_registration_without_one() -> None:
    own = register(TRAINING)
    assert isinstance(own.arguments, dict)
    arguments = {name: value for name, value in own.arguments.items() if name != "ModelCard"}
    catch = tuple(catch for catch in own.catch if catch.next == "RecordFailure")
    task = replace(own, arguments=arguments, catch=catch)
    found = states(training_machine(TRAINING, tasks={"register": task}))
    assert found["Evaluate"]["Next"] == "Register"
    assert "ReadModelCard" not in found and "RegisterWithoutCard" not in found


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({}, True),
        ({"evaluation": Evaluation(importance_rows=0)}, False),
        ({"algorithm": CustomImage(image_uri="222222222222.dkr.ecr.us-west-2.amazonaws.com/t:3")}, False),
    ],
)
def test_only_trees_of_a_built_in_algorithm_are_read_for_their_gain(
    changes: dict[str, Any], reads: bool
) -> None:
    inputs = states(training_machine(replace(TRAINING, **changes)))["Evaluate"]["Arguments"][
        "ProcessingInputs"
    ]
    assert ("model" in {one["InputName"] for one in inputs}) is reads
