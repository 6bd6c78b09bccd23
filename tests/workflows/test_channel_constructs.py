"""The constructs of channels: their roles read what they must, and their ids are a contract."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs import (
    Approval,
    BuiltInAlgorithm,
    ChannelBatchInferenceWorkflow,
    Channels,
    ChannelTrainingWorkflow,
    Compute,
    Gate,
    ModelHome,
    OnRequest,
    RetrainingWorkflow,
    S3Channel,
    Script,
)
from mdlc_constructs.asl import Pass
from tests.synthesized import Synthesized
from tests.workflows.channel_settings import TEXTS

HERE = Environment(account="111111111111", region="eu-central-1")


def channels_of(home: ModelHome, **more: Any) -> Channels:
    raw = f"s3://{home.bucket_name}/raw"
    parts = {
        part: S3Channel(uri=f"{raw}/{part}/", content_type="text/plain") for part in ("train", "validation")
    }
    return Channels(inputs=parts, **more)


def judged(stack: Stack) -> None:
    home = ModelHome(stack, "Home", name="names")
    holdout = S3Channel(uri=f"s3://{home.bucket_name}/raw/holdout/", content_type="text/plain")
    channels = channels_of(home, holdout=holdout, classes=("bird", "plane"))
    ChannelTrainingWorkflow(
        stack, "Training", home=home, channels=channels, algorithm=TEXTS, approval=Approval.manual()
    )
    batch = S3Channel(uri=f"s3://{home.bucket_name}/raw/batch/", content_type="application/jsonlines")
    ChannelBatchInferenceWorkflow(stack, "Batch", home=home, channel=batch)


def unjudged(stack: Stack) -> None:
    home = ModelHome(stack, "Home", name="words")
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:eu-central-1:111111111111:key/{'0' * 36}")
    images = s3.Bucket.from_bucket_attributes(
        stack, "Images", bucket_arn="arn:aws:s3:::images", encryption_key=key
    )
    train = S3Channel(
        uri="s3://images/train.manifest",
        kind="ManifestFile",
        objects="s3://images/all/",
        content_type="text/plain",
    )
    ChannelTrainingWorkflow(
        stack,
        "Training",
        home=home,
        channels=Channels(inputs={"train": train}),
        algorithm=BuiltInAlgorithm.blazingtext(mode="skipgram"),
        gate=Gate(at_least={"train:mean_rho": 0.1}),
        buckets={"train": images},
        seams={"before_train": Pass(name="Breathe")},
    )


def scripted(stack: Stack) -> None:
    """A script of PyTorch on images: an image with GPU libraries trains, and another image serves."""
    home = ModelHome(stack, "Home", name="shapes")
    script = Script(
        framework="pytorch",
        source_dir=str(Path(__file__).parent.parent.parent / "examples" / "script_mode" / "code"),
        entry_point="train.py",
        content_type="image/png",
        environment={"SHAPES": "3"},
    )
    images = S3Channel(uri=f"s3://{home.bucket_name}/raw/train/", content_type="image/png")
    ChannelTrainingWorkflow(
        stack,
        "Training",
        home=home,
        channels=Channels(inputs={"train": images}),
        algorithm=script,
        training_compute=Compute(instance_type="ml.g5.xlarge"),
    )


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    for name, build in (("Judged", judged), ("Unjudged", unjudged), ("Scripted", scripted)):
        build(Stack(app, name, env=HERE))
    return Synthesized.all_of(app)


def test_logical_ids_are_a_contract(stacks: dict[str, Synthesized], snapshot: SnapshotAssertion) -> None:
    assert {
        name: resource["Type"]
        for name, resource in stacks["Judged"].resources.items()
        if name.startswith(("Training", "Batch"))
    } == snapshot


@pytest.mark.parametrize("name", ["Judged", "Unjudged", "Scripted"])
def test_every_placeholder_is_bound(stacks: dict[str, Synthesized], name: str) -> None:
    for machine in stacks[name].of_type("AWS::StepFunctions::StateMachine").values():
        text = machine["Properties"]["DefinitionString"]
        assert "Token[" not in text
        for placeholder in machine["Properties"]["DefinitionSubstitutions"]:
            assert f"${{{placeholder}}}" in text


def policies(stack: Synthesized, role: str) -> str:
    (resource,) = [
        resource
        for name, resource in stack.of_type("AWS::IAM::Role").items()
        if name.startswith(f"Training{role}")
    ]
    return json.dumps(resource["Properties"]["Policies"])


def test_the_training_job_may_not_read_the_holdout(stacks: dict[str, Synthesized]) -> None:
    assert "/raw/holdout/*" in policies(stacks["Judged"], "QualityRole")
    trained = policies(stacks["Judged"], "TrainRole")
    assert "/raw/train/*" in trained and "holdout" not in trained


def test_a_manifest_and_its_objects_are_read_with_the_key_of_their_bucket(
    stacks: dict[str, Synthesized],
) -> None:
    for role in ("QualityRole", "TrainRole"):
        text = policies(stacks["Unjudged"], role)
        assert "train.manifest*" in text and "/all/*" in text and f"key/{'0' * 36}" in text
    assert "Breathe" in stacks["Unjudged"].states("words-training")


def test_a_script_gets_its_archive_and_its_two_images(stacks: dict[str, Synthesized]) -> None:
    bound = stacks["Scripted"].machine("shapes-training")["DefinitionSubstitutions"]
    assert "/pytorch-training:2.6.0-gpu-py312" in json.dumps(bound["TrainingImage"])
    assert "/pytorch-inference:2.6.0-cpu-py312" in json.dumps(bound["ScoringImage"])
    states: Any = stacks["Scripted"].states("shapes-training")
    job = states["Train"]["Arguments"]
    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == ["train", "code"]
    assert job["Environment"] == {"SHAPES": "3", "MDLC_ENTRY_POINT": "train.py"}
    package = states["Register"]["Arguments"]["InferenceSpecification"]
    assert package["SupportedContentTypes"] == ["image/png"]
    for container in (states["CreateModel"]["Arguments"]["PrimaryContainer"], package["Containers"][0]):
        assert container["Image"] == "${ScoringImage}"
        assert container["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"] == "/opt/ml/model/code"
    archive = bound["ScriptCodeFile"]
    assert archive in policies(stacks["Scripted"], "TrainRole")
    assert archive not in policies(stacks["Scripted"], "QualityRole")


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Refused", env=HERE)


def test_channels_where_the_workflows_write_are_refused(stack: Stack) -> None:
    home = ModelHome(stack, "Home", name="names")
    channel = S3Channel(uri=f"s3://{home.bucket_name}/training/", content_type="text/plain")
    channels = Channels(inputs={"train": channel})
    with pytest.raises(ValueError, match=r"channels\['train'\]\.uri is .* and covers training/"):
        ChannelTrainingWorkflow(stack, "Training", home=home, channels=channels, algorithm=TEXTS)
    with pytest.raises(
        ValueError, match="buckets names 'other', which is no channel: they are train, validation"
    ):
        ChannelTrainingWorkflow(
            stack,
            "Training",
            home=home,
            channels=channels_of(home),
            algorithm=TEXTS,
            buckets={"other": home.bucket},
        )
    assert stack.node.try_find_child("Training") is None


def test_a_retraining_of_channels_is_refused_by_name(stack: Stack) -> None:
    home = ModelHome(stack, "Home", name="names")
    training: Any = ChannelTrainingWorkflow(
        stack, "Training", home=home, channels=channels_of(home), algorithm=TEXTS
    )
    with pytest.raises(
        ValueError, match="training is a ChannelTrainingWorkflow: a retraining needs the rows"
    ):
        RetrainingWorkflow(stack, "Retraining", home=home, training=training, triggers=(OnRequest(),))
