"""Images that a pipeline built before the synthesis are named by their digests."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack

from mdlc_constructs import BuiltInAlgorithm, CustomContainer, Dataset, ModelHome, TrainingWorkflow
from mdlc_constructs.governance.nag import flat
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.built_images import VARIABLE, built_image
from mdlc_constructs.resources.containers import content_hash, lay_out
from mdlc_constructs.workflows.retraining.code_change import work_digest
from mdlc_constructs.workflows.training.construct import COMMIT_VARIABLE, declared_code_version
from tests.synthesized import Synthesized

REPOSITORY = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/flats/model"
FIRST, SECOND = (f"sha256:{digit * 64}" for digit in "ab")
DATA = Dataset.csv(
    "s3://bucket/raw/", task="regression", label="y", columns={"a": "number", "b": "number", "y": "number"}
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundles.source("containers") / "python" / "starter", tmp_path / "model"))


def hash_of(directory: Path, folder: Path) -> str:
    lay_out(CustomContainer.python(directory), folder)
    return content_hash(folder)


def written(path: Path, directory: Path | str, content: str, digest: str = FIRST, **other: Any) -> Path:
    entry = {"repository": REPOSITORY, "digest": digest, "content_hash": content, **other}
    path.write_text(json.dumps({str(directory): entry}))
    return path


def test_the_hash_is_that_of_names_and_contents(directory: Path, tmp_path: Path) -> None:
    first = hash_of(directory, tmp_path / "first")
    moved = Path(shutil.copytree(directory, tmp_path / "moved"))
    (moved / "model.py").touch()
    assert hash_of(moved, tmp_path / "second") == first
    (moved / "more.py").write_text("")
    assert hash_of(moved, tmp_path / "third") != first


def test_a_workflow_takes_the_digest_and_makes_no_image_asset(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = hash_of(directory, tmp_path / "context")
    monkeypatch.setenv(VARIABLE, str(written(tmp_path / "images.json", "model", content)))
    app = App(outdir=str(tmp_path / "out"))
    stack = Stack(app, "Flats")
    home = ModelHome(stack, "Model", name="flats")
    TrainingWorkflow(stack, "Training", home=home, dataset=DATA, algorithm=CustomContainer.python(directory))
    template = Synthesized.all_of(app)["Flats"]
    assert json.loads((tmp_path / "out" / "Flats.assets.json").read_text())["dockerImages"] == {}
    assert f"{REPOSITORY}@{FIRST}" in flat(template.machine("flats-training")["DefinitionSubstitutions"])
    pulled = [
        flat(statement["Resource"])
        for role in template.of_type("AWS::IAM::Role").values()
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if "ecr:BatchGetImage" in statement["Action"]
    ]
    assert "arn:<AWS::Partition>:ecr:eu-central-1:000000000000:repository/flats/model" in pulled


def test_a_directory_that_no_pipeline_built_stays_an_asset(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert built_image(directory, "0") is None
    monkeypatch.setenv(VARIABLE, str(written(tmp_path / "images.json", tmp_path / "other", "0")))
    assert built_image(directory, "0") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "give the path of the images.json that the pipeline wrote"),
        ("[]", "must hold a JSON object of directories"),
        ('{"DIRECTORY": 1}', "must have repository, digest"),
        ('{"DIRECTORY": {"repository": "x", "digest": "y"}}', "must have repository, digest"),
    ],
)
def test_a_file_that_says_nothing_is_refused(
    text: str, sentence: str, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "images.json"
    path.write_text(text.replace("DIRECTORY", str(directory)))
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(ValueError, match=re.escape(sentence)):
        built_image(directory, "0")


def test_an_image_of_other_files_is_refused(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(written(tmp_path / "images.json", directory, "of yesterday")))
    with pytest.raises(ValueError, match="was built of other files; build it again"):
        built_image(directory, "of today")


class TestWhatRetrains:
    """A deployment hands over a digest; a retraining starts when it has changed."""

    @pytest.fixture(autouse=True)
    def _in(self, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.folder, self.patch = directory, tmp_path, monkeypatch

    def digest(self, image: str = FIRST, data: Dataset = DATA, ridge: float = 0.001) -> str:
        context = self.folder / f"context-{len(list(self.folder.iterdir()))}"
        content = hash_of(self.directory, context)
        path = written(self.folder / "images.json", self.directory, content, image)
        self.patch.setenv(VARIABLE, str(path))
        stack = Stack(App(), "Flats")
        home = ModelHome(stack, "Model", name="flats")
        own = CustomContainer.python(self.directory, hyperparameters={"ridge": ridge})
        return work_digest(
            TrainingWorkflow(stack, "Training", home=home, dataset=data, algorithm=own).machine
        )

    def test_neither_a_commit_nor_a_readme_does(self) -> None:
        before = self.digest()
        self.patch.setenv(COMMIT_VARIABLE, "4e7579723c1d")
        (self.folder / "README.md").write_text("# Flats\n")
        assert self.digest() == before

    def test_hyperparameters_data_and_images_do(self) -> None:
        other = Dataset.csv(
            "s3://bucket/raw/", task="regression", label="y", columns={"a": "number", "y": "number"}
        )
        digests = {self.digest(), self.digest(image=SECOND), self.digest(data=other), self.digest(ridge=0.1)}
        assert len(digests) == 4


def test_hyperparameters_of_an_algorithm_retrain() -> None:
    def digest(rounds: int) -> str:
        stack = Stack(App(), "Flats")
        home = ModelHome(stack, "Model", name="flats")
        algorithm = BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=rounds)
        training = TrainingWorkflow(stack, "Training", home=home, dataset=DATA, algorithm=algorithm)
        return work_digest(training.machine)

    assert digest(10) == digest(10) != digest(11)


def test_the_version_of_the_code_is_the_commit_unless_the_app_says_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(COMMIT_VARIABLE, raising=False)
    assert declared_code_version(Stack(App(), "Flats")) is None
    monkeypatch.setenv(COMMIT_VARIABLE, "4e757972")
    assert declared_code_version(Stack(App(), "Flats")) == "4e757972"
    assert declared_code_version(Stack(App(context={"mdlc:code_version": "v2"}), "Flats")) == "v2"
