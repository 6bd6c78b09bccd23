from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli import uploading
from mdlc_cli.errors import CommandError
from mdlc_cli.machines import StateMachine
from tests.cli.fakes import FakeClient, FakeTarget

MACHINE = StateMachine(name="churn-training", arn="arn:m")


def target(definition: Any) -> FakeTarget:
    stepfunctions = FakeClient(describe_state_machine={"definition": json.dumps(definition)})
    return FakeTarget(clients={"stepfunctions": stepfunctions, "s3": FakeClient(upload_file=None)})


def test_files_go_where_the_training_looks(tmp_path: Path) -> None:
    settings = {"dataset": {"label": "left", "uri": "s3://churn-1/raw/"}}
    plan = {"Arguments": {"Payload": {"settings": settings}}}
    here = target({"States": {"Pass": {"dataset": 3}, "Plan": plan}})
    folder = uploading.folder_of(here, MACHINE)
    assert folder == "s3://churn-1/raw/"
    file = tmp_path / "customers.csv"
    file.write_text("id")
    uploading.upload(here, [file], folder)
    sent = {"Filename": str(file), "Bucket": "churn-1", "Key": "raw/customers.csv"}
    assert here.clients["s3"].calls == [("upload_file", sent)]


def test_a_machine_without_a_dataset_needs_to_be_told_where() -> None:
    with pytest.raises(CommandError) as refusal:
        uploading.folder_of(target({"States": {}}), MACHINE)
    assert str(refusal.value) == (
        "churn-training names no dataset: say where the files go with --to s3://bucket/folder/"
    )


@pytest.mark.parametrize(
    ("files", "folder", "sentence"),
    [
        (["nowhere.csv"], "s3://b/raw/", "nowhere.csv is no file that can be read: give a file's path"),
        (["a/x.csv", "b/x.csv"], "s3://b/raw/",
         "x.csv is named twice, and would replace itself in s3://b/raw/: rename one of them"),
        (["a/x.csv"], "s3://b/raw",
         "--to s3://b/raw is no S3 folder: give s3://bucket/folder/ with the closing slash"),
        (["a/x.csv"], "raw/", "--to raw/ is no S3 folder: give s3://bucket/folder/ with the closing slash"),
    ],
)  # fmt: skip
def test_nothing_is_uploaded_when_a_file_or_the_folder_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: list[str], folder: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").touch()
    here = target({})
    with pytest.raises(CommandError) as refusal:
        uploading.upload(here, [Path(file) for file in files], folder)
    assert str(refusal.value) == sentence
    assert here.clients["s3"].calls == []
