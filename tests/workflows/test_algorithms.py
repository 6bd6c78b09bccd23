"""The training workflow of every algorithm: its job, its template, its permissions."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from aws_cdk import App, Environment, Stack
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from mdlc_constructs import (
    BuiltInAlgorithm,
    Channels,
    ChannelTrainingWorkflow,
    Compute,
    ModelHome,
    S3Channel,
    TrainingWorkflow,
)
from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from mdlc_constructs.workflows.channel_training import machine as channel_training
from mdlc_constructs.workflows.channel_training.settings import ChannelTrainingSettings
from mdlc_constructs.workflows.training import machine as training
from mdlc_constructs.workflows.training.machine import train
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.settings.algorithms.datasets import dataset
from tests.settings.algorithms.minimal import MINIMAL
from tests.synthesized import Synthesized

OF_CHANNELS = [name for name in algorithm_names() if not algorithm_facts(name).tasks]
OF_TABLES = [name for name in algorithm_names() if algorithm_facts(name).tasks]
KNOWN = {f"Known{part}": algorithm_names()[part::5] for part in range(5)}
"""The stacks of a known region: IAM limits how many models share one."""

GPU = "ml.g4dn.xlarge"
FRANKFURT = Environment(account="111111111111", region="eu-central-1")


def settings(name: str, **arguments: Any) -> TrainingSettings:
    """The settings of a workflow of an algorithm, for the first task that it trains."""
    task = algorithm_facts(name).tasks[0]
    return TrainingSettings(model=name, dataset=dataset(task), algorithm=MINIMAL[name](), **arguments)


def channel_settings(name: str, **arguments: Any) -> ChannelTrainingSettings:
    """The settings of a workflow of an algorithm that trains on files: on images where it takes them."""
    facts = algorithm_facts(name)
    images = "application/x-image"
    content_type = images if images in facts.training_types else facts.training_types[0]
    inputs = {
        channel.name: S3Channel(uri=f"s3://data/{channel.name}/", content_type=content_type)
        for channel in facts.channels.values()
        if channel.required or content_type in channel.required_with
    }
    return ChannelTrainingSettings(
        model=name,
        algorithm=MINIMAL[name](),
        **{"channels": Channels(inputs=inputs), "training_compute": compute(name), **arguments},
    )


def compute(name: str) -> Compute:
    """An instance on which an algorithm trains."""
    return Compute(instance_type="ml.m5.xlarge" if "cpu" in algorithm_facts(name).processors else GPU)


SAMPLES: Mapping[str, Any] = {"integer": 1, "long": 1, "float": 0.5, "boolean": True, "list": [], "map": {}}
"""By the type of a shape, what an expression of it may give."""


def rendered(value: Any, shape: Shape) -> Any:
    """The request with a value of the shape for each expression and placeholder, as AWS would see it."""
    match value:
        case str() if value.startswith("{%"):
            uris = shape.name in ("S3Uri", "Url") or "uris" in value
            return SAMPLES.get(shape.type_name, "s3://bucket/part/" if uris else "name")
        case str() if value.endswith("Role}"):
            return "arn:aws:iam::111111111111:role/train"
        case str():
            return value.replace("${", "").replace("}", "")
        case Mapping() if isinstance(shape, StructureShape):
            # An unknown member keeps its name, so that the validator reports it.
            return {key: rendered(item, shape.members.get(key, shape)) for key, item in value.items()}
        case Mapping() if isinstance(shape, MapShape):
            return {key: rendered(item, shape.value) for key, item in value.items()}
        case list() if isinstance(shape, ListShape):
            return [rendered(item, shape.member) for item in value]
    return value


@pytest.fixture(scope="module")
def api() -> Any:
    """SageMaker's API model."""
    return botocore.session.get_session().get_service_model("sagemaker")


def requests_of(name: str) -> Iterator[tuple[str, Any]]:
    """The requests in which a machine of the algorithm tells AWS of it, by operation."""
    if name in OF_TABLES:
        table = settings(name)
        states = training.default_tasks(table)
    else:
        states = channel_training.default_tasks(channel_settings(name))
    for key, operation in (
        ("train", "CreateTrainingJob"),
        ("create_model", "CreateModel"),
        ("score_holdout", "CreateTransformJob"),
        ("register", "CreateModelPackage"),
    ):
        if key not in states:
            continue
        asl: Any = states[key].to_asl()
        if "ItemProcessor" in asl:
            (asl,) = asl["ItemProcessor"]["States"].values()
        yield operation, asl["Arguments"]


@pytest.mark.parametrize("name", algorithm_names())
def test_what_names_the_algorithm_is_a_request_of_the_api(name: str, api: Any) -> None:
    seen = set()
    for operation, arguments in requests_of(name):
        shape = api.operation_model(operation).input_shape
        report = ParamValidator().validate(rendered(arguments, shape), shape)
        assert not report.has_errors(), f"{operation}: {report.generate_report()}"
        seen.add(operation)
    assert {"CreateTrainingJob", "CreateModel", "CreateModelPackage"} <= seen
    assert name not in OF_TABLES or "CreateTransformJob" in seen


@pytest.mark.parametrize("name", OF_TABLES)
def test_channels_are_those_that_the_algorithm_has(name: str) -> None:
    asl: Any = train(settings(name)).to_asl()
    channels = {channel["ChannelName"]: channel for channel in asl["Arguments"]["InputDataConfig"]}
    facts = algorithm_facts(name)
    assert set(channels) <= set(facts.channels)
    assert {key for key, channel in facts.channels.items() if channel.required} <= set(channels)
    source = channels["train"]["DataSource"]["S3DataSource"]
    assert source["S3DataDistributionType"] == (
        "ShardedByS3Key" if facts.channels["train"].sharded else "FullyReplicated"
    )


def test_an_algorithm_of_jumpstart_brings_its_scripts() -> None:
    asl: Any = train(settings("lightgbm")).to_asl()
    request = asl["Arguments"]
    channels = {
        row["ChannelName"]: row["DataSource"]["S3DataSource"]["S3Uri"] for row in request["InputDataConfig"]
    }
    assert channels["code"].startswith(
        "s3://jumpstart-cache-prod-${Region}/source-directory-tarballs/lightgbm/"
    )
    assert channels["model"].endswith("/train-lightgbm-classification-model.tar.gz")
    assert request["HyperParameters"]["sagemaker_program"] == "transfer_learning.py"
    assert request["HyperParameters"]["sagemaker_submit_directory"].startswith("/opt/ml/input/data/code/")
    assert request["EnableNetworkIsolation"] is True


def test_instances_that_an_algorithm_does_not_use_are_refused() -> None:
    with pytest.raises(ValueError, match="Latent Dirichlet Allocation trains on CPUs only"):
        settings("lda", training_compute=Compute(instance_type="ml.p3.2xlarge"))
    with pytest.raises(ValueError, match="CatBoost trains on one instance only"):
        settings("catboost", training_compute=Compute(instance_count=2))


@pytest.mark.parametrize(
    ("algorithm", "said"),
    [
        ("kmeans", "algorithm='kmeans': give an algorithm, such as BuiltInAlgorithm.kmeans(k=4)"),
        (None, "algorithm=None: give an algorithm, such as"),
        (BuiltInAlgorithm.kmeans, "call it with its hyperparameters, such as"),
        (BuiltInAlgorithm, "algorithm='BuiltInAlgorithm': call it with its hyperparameters"),
    ],
)
def test_what_is_no_algorithm_is_refused(algorithm: Any, said: str) -> None:
    with pytest.raises(ValueError, match="algorithm=") as caught:
        TrainingSettings(model="m", dataset=dataset("cluster"), algorithm=algorithm)
    assert said in str(caught.value)


def test_channels_that_an_algorithm_does_not_take_are_refused() -> None:
    texts = S3Channel(uri="s3://data/train/", content_type="text/plain")
    for algorithm, inputs, said in (
        ("seq2seq", {"train": texts}, "seq2seq does not train without the channel 'validation'"),
        ("blazingtext", {"training": texts}, "does not train without the channel 'train'"),
        ("blazingtext", {"train": texts, "test": texts}, "inputs='test': no such channel of blazingtext"),
        ("ipinsights", {"train": texts}, "no such content type of ipinsights"),
        ("kmeans", {"train": texts}, "feature_dim=None: is required, the number of features: give"),
    ):
        with pytest.raises(ValueError, match="=") as caught:
            ChannelTrainingSettings(
                model="m", channels=Channels(inputs=inputs), algorithm=MINIMAL[algorithm]()
            )
        assert said in str(caught.value)
    with pytest.raises(ValueError, match=r"ml.m5.xlarge.*trains on GPUs only"):
        channel_settings("seq2seq", training_compute=Compute())


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("image-classification", ("train_lst", "validation_lst")),
        ("object-detection", ("train_annotation", "validation_annotation")),
        ("semantic-segmentation", ("train_annotation", "validation_annotation")),
    ],
)
def test_images_need_the_channels_of_their_labels(name: str, needed: tuple[str, str]) -> None:
    inputs = channel_settings(name).channels.inputs
    assert set(needed) <= set(inputs)
    for channel in needed:
        fewer = Channels(inputs={key: data for key, data in inputs.items() if key != channel})
        with pytest.raises(ValueError, match=f"with their labels in '{channel}'; give that channel, too"):
            channel_settings(name, channels=fewer)
    manifest = S3Channel(
        uri="s3://data/train.manifest",
        kind="AugmentedManifestFile",
        objects="s3://data/images/",
        attribute_names=("source-ref", "label"),
        input_mode="Pipe",
        content_type="application/x-image",
    )
    settings = channel_settings(name, channels=Channels(inputs={"train": manifest, "validation": manifest}))
    assert settings.learns_classes == (name == "image-classification")


def test_a_known_region_without_the_algorithm_is_refused() -> None:
    stack = Stack(App(), "Cold", env=Environment(account="111111111111", region="eu-north-1"))
    home = ModelHome(stack, "Home", name="topics")
    with pytest.raises(ValueError, match="region='eu-north-1': no such region with lda"):
        TrainingWorkflow(
            stack, "Training", home=home, dataset=dataset("embedding"), algorithm=MINIMAL["lda"]()
        )


def workflow(stack: Stack, name: str) -> None:
    """The minimal workflow of an algorithm."""
    home, id_ = ModelHome(stack, f"Home-{name}", name=name), f"Training-{name}"
    if name in OF_TABLES:
        data = dataset(algorithm_facts(name).tasks[0])
        TrainingWorkflow(stack, id_, home=home, dataset=data, algorithm=MINIMAL[name]())
        return
    ChannelTrainingWorkflow(
        stack,
        id_,
        home=home,
        channels=channel_settings(name).channels,
        algorithm=MINIMAL[name](),
        training_compute=compute(name),
    )


@pytest.fixture(scope="module")
def synthesized() -> dict[str, Synthesized]:
    """A workflow of every algorithm in a known region, and of three of them in any region."""
    app = App()
    stacks = {name: Stack(app, name, env=FRANKFURT) for name in KNOWN}
    stacks["Unknown"] = Stack(app, "Unknown")
    for stack_name, names in {**KNOWN, "Unknown": ["kmeans", "lda", "lightgbm"]}.items():
        for name in names:
            workflow(stacks[stack_name], name)
    return Synthesized.all_of(app)


@pytest.mark.slow
def test_every_workflow_names_its_image(synthesized: dict[str, Synthesized]) -> None:
    for stack, name in ((stack, name) for stack, names in KNOWN.items() for name in names):
        bound = synthesized[stack].machine(f"{name}-training")["DefinitionSubstitutions"]
        assert bound["TrainingImage"] == MINIMAL[name]().image_uri("eu-central-1")
        assert ("ScoringImage" in bound) == algorithm_facts(name).jumpstart


@pytest.mark.slow
def test_scripts_of_jumpstart_may_be_read_and_nothing_else_there(synthesized: dict[str, Synthesized]) -> None:
    (stack,) = (stack for stack, names in KNOWN.items() if "lightgbm" in names)
    arns = {
        str(resource): one["Action"]
        for one in synthesized[stack].statements("TraininglightgbmTrainRole")
        for resource in one["Resource"]
        if "jumpstart" in str(resource)
    }
    assert len(arns) == 3 and not any("*" in arn for arn in arns)
    assert {action for actions in arns.values() for action in actions} == {"s3:GetObject", "s3:ListBucket"}


@pytest.mark.slow
def test_a_region_of_the_deployment_has_a_mapping_for_each_registry(
    synthesized: dict[str, Synthesized],
) -> None:
    mappings = synthesized["Unknown"].template["Mappings"]
    assert {name for name in mappings if name.startswith("ImageAccounts")} == {
        "ImageAccounts",
        "ImageAccountsFactorizationMachines",
        "ImageAccountsLda",
        "ImageAccountsPytorchTraining",
    }
    assert "eu-north-1" not in mappings["ImageAccountsLda"]


def differing(template: dict[str, Any]) -> dict[str, Any]:
    """The state machines and the roles of training jobs: what all models have alike is linted elsewhere."""
    kept = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::StepFunctions::StateMachine" or "TrainRole" in name
    }

    def literal(value: Any) -> Any:
        match value:
            case {"Ref": name} if name in template["Resources"] and name not in kept:
                return "other"
            case {"Fn::GetAtt": [name, *_]} if name not in kept:
                return f"arn:aws:{'kms' if 'Key' in name else 'iam'}:eu-central-1:111111111111:key/other"
            case dict():
                return {key: literal(item) for key, item in value.items() if key != "DependsOn"}
            case list():
                return [literal(item) for item in value]
        return value

    return {"Resources": literal(kept)}


@pytest.mark.slow
def test_cfn_lint_finds_nothing(synthesized: dict[str, Synthesized], tmp_path: Path) -> None:
    for name in KNOWN:
        text = json.dumps(differing(synthesized[name].template))
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    lint = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run(
        [
            str(lint),
            "--format",
            "json",
            "--regions",
            "eu-central-1",
            "--",
            *map(str, tmp_path.glob("*.json")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (json.loads(done.stdout), done.stderr) == ([], "")
