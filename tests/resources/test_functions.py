"""Lambda functions as they are deployed."""

from importlib import import_module

import pytest
from aws_cdk import App, Environment, Stack

from mdlc_constructs import BatchInferenceWorkflow, ModelHome, TrainingWorkflow
from mdlc_constructs.governance.nag import flat
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.assets import asset_hash
from mdlc_constructs.resources.functions import HANDLERS
from tests.synthesized import Synthesized
from tests.workflows.settings import ALGORITHM, DATASET


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    stack = Stack(app, "Flights", env=Environment(account="111111111111", region="eu-central-1"))
    home = ModelHome(stack, "Model", name="flights")
    TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)
    BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET)
    return Synthesized.all_of(app)["Flights"]


def test_every_function_runs_the_one_bundle_traced_and_logged(template: Synthesized) -> None:
    functions = template.of_type("AWS::Lambda::Function")
    assert len(functions) == 3
    keys = set()
    for function in functions.values():
        properties = function["Properties"]
        keys.add(properties["Code"]["S3Key"])
        assert properties["Runtime"] == f"python{bundles.LAMBDA_PYTHON}"
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert template.resources[group]["Properties"]["RetentionInDays"] == 365
        assert "KmsKeyId" in template.resources[group]["Properties"]
    assert keys == {f"{asset_hash(bundles.lambda_code())}.zip"}


@pytest.mark.parametrize("name", ["CleanUp", "PlanTraining", "PlanBatch"])
def test_a_function_writes_its_own_logs_alone(template: Synthesized, name: str) -> None:
    (group,) = (
        id_ for id_ in template.of_type("AWS::Logs::LogGroup") if id_.startswith(f"Functions{name}Logs")
    )
    written = {r for a, r in template.allowed(f"Functions{name}Role") if a == "logs:PutLogEvents"}
    assert written == {f"<{group}.Arn>"}


def test_a_function_runs_as_its_own_role(template: Synthesized) -> None:
    roles = {
        flat(function["Properties"]["Role"])
        for function in template.of_type("AWS::Lambda::Function").values()
    }
    assert len(roles) == 3


@pytest.mark.parametrize("name", list(HANDLERS))
def test_every_function_has_the_handler_that_it_names(name: str) -> None:
    module, _, handler = HANDLERS[name][0].rpartition(".")
    assert callable(getattr(import_module(module), handler))
