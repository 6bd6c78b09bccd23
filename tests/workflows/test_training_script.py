"""A training by a script as a construct: its archive is an asset, and two images train and serve."""

import json
import re
from typing import Any

import pytest
from aws_cdk import App, Stack

from tests.synthesized import Synthesized
from tests.workflows.stacks import HERE, exported, scripted


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    scripted(Stack(app, "Scripted"))
    exported(Stack(app, "Exported", env=HERE))
    return Synthesized.all_of(app)


def test_the_images_differ_and_follow_the_instances(stacks: dict[str, Synthesized]) -> None:
    bound = substitutions(stacks["Scripted"])
    assert "/pytorch-training:2.6.0-gpu-py312" in json.dumps(bound["TrainingImage"])
    assert "/pytorch-inference:2.6.0-cpu-py312" in json.dumps(bound["ScoringImage"])
    assert "FrameworkImageAccounts" in json.dumps(bound["ScoringImage"])
    states = json.loads(definition(stacks["Scripted"]))["States"]
    assert states["CreateModel"]["Arguments"]["PrimaryContainer"]["Image"] == "${ScoringImage}"


def test_the_archive_is_a_channel_that_only_the_training_may_read(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["Scripted"]
    name = substitutions(stack)["ScriptCodeFile"]
    assert re.fullmatch(r"[0-9a-f]{64}\.tgz", name)
    (channel,) = (
        channel
        for channel in json.loads(definition(stack))["States"]["Train"]["Arguments"]["InputDataConfig"]
        if channel["ChannelName"] == "code"
    )
    assert channel["DataSource"]["S3DataSource"]["S3Uri"] == "${ScriptCode}"
    readers = [
        id_
        for id_, resource in stack.resources.items()
        if resource["Type"].startswith("AWS::IAM::") and name in json.dumps(resource)
    ]
    assert len(readers) == 1 and "TrainRole" in readers[0]


def test_only_an_exported_model_has_the_export_role(stacks: dict[str, Synthesized]) -> None:
    assert "ExportRole" in substitutions(stacks["Exported"])
    assert "ExportRole" not in substitutions(stacks["Scripted"])
    assert "ScoringImage" not in substitutions(stacks["Exported"])


def substitutions(stack: Synthesized) -> dict[str, Any]:
    (machine,) = stack.of_type("AWS::StepFunctions::StateMachine").values()
    return dict(machine["Properties"]["DefinitionSubstitutions"])


def definition(stack: Synthesized) -> str:
    (machine,) = stack.of_type("AWS::StepFunctions::StateMachine").values()
    return str(machine["Properties"]["DefinitionString"])
