"""Image assets of containers from a team's directory."""

import json
import shutil
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from mdlc_constructs import CustomContainer, Dataset, ModelHome, TrainingWorkflow
from mdlc_constructs.governance.nag import flat
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.containers import lay_out
from tests.synthesized import Synthesized

REPOSITORY = "cdk-hnb659fds-container-assets-<AWS::AccountId>-<AWS::Region>"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(bundles.source("containers") / "python" / "starter", tmp_path / "model"))
    (folder / "parts").mkdir()
    (folder / "parts" / "a.py").write_text("A = 1\n")
    for hidden in (".venv/bin/python", "__pycache__/model.pyc"):
        (folder / hidden).parent.mkdir(parents=True)
        (folder / hidden).touch()
    return folder


def synthesized(directory: Path, folder: Path) -> tuple[Synthesized, Path, str]:
    """The template, the folder of the image asset, and its tag."""
    app = App(outdir=str(folder))
    stack = Stack(app, "Own")
    home = ModelHome(stack, "Model", name="own")
    columns = {"a": "number", "y": "number"}
    data = Dataset.csv(f"s3://{home.bucket_name}/raw/", task="regression", label="y", columns=columns)
    TrainingWorkflow(stack, "Training", home=home, dataset=data, algorithm=CustomContainer.python(directory))
    template = Synthesized.all_of(app)["Own"]
    (image,) = json.loads((folder / "Own.assets.json").read_text())["dockerImages"].values()
    (destination,) = image["destinations"].values()
    return template, folder / image["source"]["directory"], destination["imageTag"]


def test_an_image_is_the_template_with_the_directory(directory: Path, tmp_path: Path) -> None:
    template, context, tag = synthesized(directory, tmp_path / "out")
    names = {path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file()}
    assert {"Dockerfile", "local-image.json", "container.py", "serve.py", "serving/app.py"} <= names
    assert {name for name in names if name.startswith("own/")} == {
        *("own/model.py", "own/requirements.in", "own/requirements.lock", "own/parts/a.py"),
    }
    assert not any("starter" in name or "__pycache__" in name for name in names)
    machine = template.machine("own-training")
    image = flat(machine["DefinitionSubstitutions"]["TrainingImage"])
    assert image == f"<AWS::AccountId>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/{REPOSITORY}:{tag}"
    assert "MDLC_RECORDS_1" in machine["DefinitionString"]


def test_the_roles_pull_from_that_repository_only(directory: Path, tmp_path: Path) -> None:
    template, _, _ = synthesized(directory, tmp_path / "out")
    statements = [
        statement
        for role in template.of_type("AWS::IAM::Role").values()
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if "ecr:BatchGetImage" in statement["Action"]
    ]
    pulled = {flat(statement["Resource"]).partition("repository/")[2] for statement in statements}
    assert pulled == {REPOSITORY, "sagemaker-scikit-learn"}


def test_the_tag_is_the_content(directory: Path, tmp_path: Path) -> None:
    _, _, first = synthesized(directory, tmp_path / "first")
    moved = Path(shutil.copytree(directory, tmp_path / "moved"))
    assert synthesized(moved, tmp_path / "second")[2] == first
    (moved / "parts" / "a.py").write_text("A = 2\n")
    assert synthesized(moved, tmp_path / "third")[2] != first


def test_r_gets_its_own_template(tmp_path: Path) -> None:
    lay_out(CustomContainer.r(bundles.source("containers") / "r" / "starter"), tmp_path)
    assert {"Dockerfile", "container.R", "entry.sh", "own", "mdlc_container", "local-image.json"} == {
        path.name for path in tmp_path.iterdir()
    }
