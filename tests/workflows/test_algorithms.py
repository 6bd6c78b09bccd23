"""The training workflow of every algorithm that trains a table: its job, its template, its permissions."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from aws_cdk import App, Environment, Stack
from botocore.validate import ParamValidator

from mdlc_constructs import Compute, ModelHome, TrainingWorkflow
from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from mdlc_constructs.workflows.training.machine import train
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.settings.algorithms.datasets import dataset
from tests.settings.algorithms.minimal import MINIMAL
from tests.synthesized import Synthesized

OF_TABLES = [name for name in algorithm_names() if algorithm_facts(name).tasks]
KNOWN = {f"Known{part}": OF_TABLES[part::3] for part in range(3)}
"""The stacks of a known region: IAM limits how many models share one."""

FRANKFURT = Environment(account="111111111111", region="eu-central-1")


def settings(name: str, **arguments: Any) -> TrainingSettings:
    """The settings of a workflow of an algorithm, for the first task that it trains."""
    task = algorithm_facts(name).tasks[0]
    return TrainingSettings(model=name, dataset=dataset(task), algorithm=MINIMAL[name](), **arguments)


def rendered(value: Any) -> Any:
    """The request with a text of S3 for each expression and placeholder, as AWS would see it."""
    match value:
        case str() if value.startswith("{%"):
            return "s3://bucket/part/" if "uris" in value else "name"
        case str() if value.endswith("Role}"):
            return "arn:aws:iam::111111111111:role/train"
        case str():
            return value.replace("${", "").replace("}", "")
        case Mapping():
            return {key: rendered(item) for key, item in value.items()}
        case list():
            return [rendered(item) for item in value]
    return value


@pytest.fixture(scope="module")
def api() -> Any:
    """The shape of CreateTrainingJob's request."""
    session = botocore.session.get_session()
    return session.get_service_model("sagemaker").operation_model("CreateTrainingJob").input_shape


@pytest.mark.parametrize("name", OF_TABLES)
def test_the_training_job_is_a_request_of_the_api(name: str, api: Any) -> None:
    asl: Any = train(settings(name)).to_asl()
    request = rendered({key: value for key, value in asl["Arguments"].items() if key != "Tags"})
    report = ParamValidator().validate(request, api)
    assert not report.has_errors(), report.generate_report()


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


def test_a_known_region_without_the_algorithm_is_refused() -> None:
    stack = Stack(App(), "Cold", env=Environment(account="111111111111", region="eu-north-1"))
    home = ModelHome(stack, "Home", name="topics")
    with pytest.raises(ValueError, match="region='eu-north-1': no such region with lda"):
        TrainingWorkflow(
            stack, "Training", home=home, dataset=dataset("embedding"), algorithm=MINIMAL["lda"]()
        )


@pytest.fixture(scope="module")
def synthesized() -> dict[str, Synthesized]:
    """A workflow of every algorithm in a known region, and of two of them in any region."""
    app = App()
    stacks = {name: Stack(app, name, env=FRANKFURT) for name in KNOWN}
    stacks["Unknown"] = Stack(app, "Unknown")
    for stack_name, names in {**KNOWN, "Unknown": ["kmeans", "lda", "lightgbm"]}.items():
        for name in names:
            stack = stacks[stack_name]
            home = ModelHome(stack, f"Home-{name}", name=name)
            TrainingWorkflow(
                stack,
                f"Training-{name}",
                home=home,
                dataset=dataset(algorithm_facts(name).tasks[0]),
                algorithm=MINIMAL[name](),
            )
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


@pytest.mark.slow
def test_cfn_lint_finds_nothing(synthesized: dict[str, Synthesized], tmp_path: Path) -> None:
    for name in KNOWN:
        (tmp_path / f"{name}.json").write_text(json.dumps(synthesized[name].template), encoding="utf-8")
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
