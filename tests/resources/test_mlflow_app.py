"""The MLflow app: its store, its role, its end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack

from mdlc_constructs import MlflowApp, ModelHome
from tests.synthesized import Synthesized

HERE = Environment(account="111111111111", region="eu-central-1")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    made = Stack(app, "Tracked", env=HERE)
    MlflowApp(made, "Kept", home=ModelHome(made, "Kept-home", name="kept"))
    gone = ModelHome(made, "Gone-home", name="gone", removal_policy=RemovalPolicy.DESTROY)
    MlflowApp(made, "Gone", home=gone, name="experiments")
    return Synthesized.all_of(app)["Tracked"]


@pytest.mark.slow
def test_cfn_lint_finds_nothing(stack: Synthesized, tmp_path: Path) -> None:
    template = tmp_path / "tracked.json"
    template.write_text(json.dumps(stack.template), encoding="utf-8")
    lint = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([str(lint), str(template)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def apps(stack: Synthesized) -> dict[str, dict[str, Any]]:
    return {one["Properties"]["Name"]: one for one in stack.of_type("AWS::SageMaker::MlflowApp").values()}


def test_artifacts_go_to_the_models_bucket_and_models_to_no_registry(stack: Synthesized) -> None:
    properties = apps(stack)["kept"]["Properties"]
    assert properties["ArtifactStoreUri"]["Fn::Join"][1][-1] == "/mlflow"
    assert properties["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"


def test_the_app_stays_or_goes_with_the_models_data(stack: Synthesized) -> None:
    assert apps(stack)["kept"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert apps(stack)["experiments"]["DeletionPolicy"] == "Delete"


def test_its_role_reaches_its_prefix_only_and_is_for_this_account(stack: Synthesized) -> None:
    (role,) = (name for name in stack.of_type("AWS::IAM::Role") if name.startswith("KeptRole"))
    allowed = stack.allowed(role)
    actions = {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
    assert {action for action, _ in allowed} == actions | {"kms:GenerateDataKey", "kms:Decrypt"}
    objects = {where for action, where in allowed if action.endswith("Object")}
    assert len(objects) == 1 and objects.pop().endswith("/mlflow/*")
    trust = stack.resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    (one,) = trust
    assert one["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert one["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
