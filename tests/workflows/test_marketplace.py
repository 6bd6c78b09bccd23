"""Algorithms of AWS Marketplace: trained by ARN, isolated, packaged before the model is made."""

from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from aws_cdk import App, Environment, Stack
from botocore.validate import ParamValidator

from mdlc_constructs import (
    AllAtOnce,
    BatchInferenceWorkflow,
    Compute,
    MarketplaceAlgorithm,
    MarketplaceModel,
    ModelHome,
    NetworkSettings,
    RealTimeInferenceWorkflow,
    RollbackAlarms,
    Serving,
    Spot,
    TrainingWorkflow,
)
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.settings.algorithms.datasets import dataset
from tests.synthesized import Synthesized

ARN = "arn:aws:sagemaker:eu-central-1:222222222222:algorithm/seller-trees-1"
ALGORITHM = MarketplaceAlgorithm(algorithm_arn=ARN, hyperparameters={"trees": 7, "deep": True})
PACKAGE = "arn:aws:sagemaker:eu-central-1:222222222222:model-package/seller-model-1"
FRANKFURT = Environment(account="111111111111", region="eu-central-1")


def settings(**arguments: Any) -> TrainingSettings:
    return TrainingSettings(
        **{"model": "bought", "dataset": dataset("binary"), "algorithm": ALGORITHM, **arguments}
    )


@pytest.fixture(scope="module")
def synthesized() -> Synthesized:
    app = App()
    stack = Stack(app, "Bought", env=FRANKFURT)
    home = ModelHome(stack, "Home", name="bought")
    TrainingWorkflow(stack, "Training", home=home, dataset=dataset("binary"), algorithm=ALGORITHM)
    return Synthesized.all_of(app)["Bought"]


def test_it_trains_by_its_arn(synthesized: Synthesized) -> None:
    request = synthesized.states("bought-training")["Train"]["Arguments"]
    assert request["AlgorithmSpecification"]["AlgorithmName"] == ARN
    assert "TrainingImage" not in request["AlgorithmSpecification"]
    assert request["EnableNetworkIsolation"] is True
    assert request["HyperParameters"] == {"trees": "7", "deep": "true"}


def test_the_model_is_made_from_a_package_of_the_artifact(synthesized: Synthesized) -> None:
    states = synthesized.states("bought-training")
    (source,) = states["PackageArtifact"]["Arguments"]["SourceAlgorithmSpecification"]["SourceAlgorithms"]
    assert source == {"AlgorithmName": ARN, "ModelDataUrl": "{% $plan.uris.artifact %}"}
    assert "ModelPackageGroupName" not in states["PackageArtifact"]["Arguments"]
    path, name = [], "Train"
    while name != "CreateModel":
        path.append(name)
        name = states[name].get("Next") or states[name]["Default"]
    assert path[:5] == ["Train", "PackageArtifact", "WaitForPackage", "DescribePackage", "PackageReady"]
    assert states["PackageReady"]["Choices"][0]["Next"] == "WaitForPackage"
    container = states["CreateModel"]["Arguments"]["PrimaryContainer"]
    assert container == {"ModelPackageName": "{% $plan.names.CreateModel %}"}


def test_the_version_is_registered_by_the_models_arn(synthesized: Synthesized) -> None:
    request = synthesized.states("bought-training")["Register"]["Arguments"]
    assert "InferenceSpecification" not in request and "SourceAlgorithmSpecification" not in request
    assert ":model/' & $plan.names.CreateModel" in request["SourceUri"]


def test_requests_are_those_of_the_api(synthesized: Synthesized) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    states = synthesized.states("bought-training")
    for state, operation in (
        ("PackageArtifact", "CreateModelPackage"),
        ("DescribePackage", "DescribeModelPackage"),
    ):
        shape = model.operation_model(operation).input_shape
        assert shape is not None
        report = ParamValidator().validate(states[state]["Arguments"], shape)
        assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"network": NetworkSettings(isolation=False)},
            "network='isolation=False': a container from AWS Marketplace runs without network access only",
        ),
        (
            {
                "training_compute": Compute(
                    max_runtime=timedelta(hours=1), spot=Spot(max_wait=timedelta(hours=2))
                )
            },
            "max_wait='2:00:00': SageMaker waits 1:00:00 for spot capacity",
        ),
    ],
)
def test_what_marketplace_refuses_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="=") as caught:
        settings(**arguments)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "arn", ["seller-trees-1", "arn:aws:sagemaker:eu-central-1:222222222222:model-package/a", ARN + "/1", 7]
)
def test_what_is_no_algorithm_is_refused(arn: Any) -> None:
    with pytest.raises(ValueError, match=r"algorithm_arn=.*algorithm/<name>"):
        MarketplaceAlgorithm(algorithm_arn=arn)


def test_a_package_is_refused_what_aws_does_not_offer_it() -> None:
    model = MarketplaceModel(model_package_arn=PACKAGE)
    assert model.container == {"ModelPackageName": PACKAGE}
    model.check_serving(Serving(marketplace=True, prepares=False, alarms=RollbackAlarms.none()))
    with pytest.raises(
        ValueError, match=r"no deployment guardrails, serverless, asynchronous or multi-container"
    ):
        model.check_serving(Serving())
    with pytest.raises(ValueError, match="without network access only"):
        model.check_network(NetworkSettings(isolation=False))
    with pytest.raises(ValueError, match="names a version in a group of your own"):
        MarketplaceModel(model_package_arn=PACKAGE + "/3")


def test_workflows_that_need_the_image_refuse_its_home() -> None:
    stack = Stack(App(), "Bought", env=FRANKFURT)
    home = ModelHome(stack, "Home", name="bought")
    data = dataset("binary")
    TrainingWorkflow(stack, "Training", home=home, dataset=data, algorithm=ALGORITHM)
    with pytest.raises(ValueError, match=r"home='bought': .*Marketplace"):
        BatchInferenceWorkflow(stack, "Batch", home=home, dataset=data)
    serving = Serving(marketplace=True, prepares=False, alarms=RollbackAlarms.none())
    with pytest.raises(ValueError, match=r"home='bought': .*Marketplace"):
        RealTimeInferenceWorkflow(
            stack,
            "Endpoint",
            home=home,
            dataset=data,
            serving=serving,
            rollout=AllAtOnce(bake=timedelta(0)),
        )


def test_records_that_no_workflow_writes_are_refused() -> None:
    with pytest.raises(ValueError, match="content_type='image/png': no such content type of written records"):
        MarketplaceAlgorithm(algorithm_arn=ARN, content_type="image/png")
