from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError

from mdlc_cli.beginning import putting
from mdlc_cli.beginning.putting import Upload
from mdlc_cli.errors import CommandError, ToolFailedError
from mdlc_cli.executions.machines import StateMachine
from mdlc_cli.output import progress
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.split import Split
from tests.cli.fakes import FakeClient, FakeTarget

MACHINE = StateMachine(name="churn-training", arn="arn:m")
SECTION = encode(
    Dataset.csv(
        "s3://data/raw/", label="left", timestamp="day", row_key=("id",), columns={"age": "integer"}
    ).to_plan()
)
DATASET = putting.Dataset(folder="s3://churn-1/raw/", section={**SECTION, "uri": "s3://churn-1/raw/"})


def target(definition: Any, upload_file: Any = None) -> FakeTarget:
    stepfunctions = FakeClient(describe_state_machine={"definition": json.dumps(definition)})
    return FakeTarget(clients={"stepfunctions": stepfunctions, "s3": FakeClient(upload_file=upload_file)})


def definition() -> dict[str, Any]:
    plan = {"Arguments": {"Payload": {"settings": {"dataset": DATASET.section}}}}
    return {"States": {"Pass": [{"dataset": 3}], "Plan": plan}}


def test_files_go_where_the_workflow_reads(tmp_path: Path) -> None:
    def upload_file(*, Callback: Any, **_: str) -> None:
        Callback(2)

    here = target(definition(), upload_file)
    assert putting.dataset_of(here, MACHINE) == DATASET
    file = tmp_path / "customers.csv"
    file.write_text("id")
    uploads = putting.planned([file], DATASET.folder)
    assert [each.uri for each in uploads] == ["s3://churn-1/raw/customers.csv"]
    putting.put(here, uploads)
    ((_, sent),) = here.clients["s3"].calls
    assert (sent["Filename"], sent["Bucket"], sent["Key"]) == (str(file), "churn-1", "raw/customers.csv")


def test_the_columns_by_which_rows_are_divided_are_checked_too() -> None:
    split = encode(Split.by_column("part", group="patient").to_plan())
    settings = {"dataset": DATASET.section, "split": split}
    here = target({"States": {"Plan": {"settings": settings}}})
    assert putting.dataset_of(here, MACHINE) == replace(DATASET, further=("part", "patient"))


def test_progress_is_in_bytes() -> None:
    notes: list[str] = []
    step = progress.Step(title="", say=notes.append, is_live=True)
    sent = putting._Sent(step=step, size=3_000_000)
    sent(1_000_000)
    sent(2_000_000)
    assert notes == ["1.0 MB of 3.0 MB", "3.0 MB of 3.0 MB"]


def test_a_machine_without_a_dataset_needs_to_be_told_where() -> None:
    with pytest.raises(CommandError) as refusal:
        putting.dataset_of(target({"States": {}}), MACHINE)
    assert str(refusal.value) == (
        "churn-training names no dataset: say where the files go with --to s3://bucket/folder/"
    )


@pytest.mark.parametrize(
    ("files", "folder", "sentence"),
    [
        (["nowhere.csv"], "s3://b/raw/", "nowhere.csv is no file that can be read: give a file's path"),
        (["a"], "s3://b/raw/", "a is no file that can be read: give a file's path"),
        (["a/x.csv", "b/x.csv"], "s3://b/raw/",
         "x.csv is named twice, and one would replace the other in S3: rename one of them"),
        (["a/x.csv"], "s3://b/raw",
         "--to s3://b/raw is no S3 folder: give s3://bucket/folder/ with the closing slash"),
        (["a/x.csv"], "raw/", "--to raw/ is no S3 folder: give s3://bucket/folder/ with the closing slash"),
        (["_x.csv"], "s3://b/raw/", "_x.csv begins with '_', and workflows read no such file: rename it"),
        ([".x.csv"], "s3://b/raw/", ".x.csv begins with '.', and workflows read no such file: rename it"),
    ],
)  # fmt: skip
def test_a_wrong_file_or_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: list[str], folder: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").touch()
    for name in ("_x.csv", ".x.csv"):
        (tmp_path / name).touch()
    with pytest.raises(CommandError) as refusal:
        putting.planned([Path(file) for file in files], folder)
    assert str(refusal.value) == sentence


def test_files_are_checked_by_the_jobs_reader_in_an_environment_of_its_own(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("id,day,age,left\n1,2026-01-01,30,0\n")
    bad.write_text("id,day,age,left\n1,2026-01-01,old,2.5\n")
    uploads = putting.planned([good], DATASET.folder)
    assert [each.rows for each in putting.check(uploads, DATASET, label=True)] == [1]
    with pytest.raises(CommandError) as refusal:
        putting.check(putting.planned([good, bad], DATASET.folder), DATASET, label=True)
    assert str(refusal.value) == (
        "nothing was uploaded (and 1 more): bad.csv, line 2: Column 'age' is declared integer but holds 'old'"
    )
    assert refusal.value.detail == "bad.csv, line 2: Column 'left' is declared integer but holds '2.5'"


@pytest.mark.parametrize(
    ("program", "error", "sentence"),
    [
        ("raise SystemExit('PayloadError: colour')", CommandError, "deployed by another version of mdlc-con"),
        ("raise SystemExit('Killed')", ToolFailedError, "the files cannot be checked: see above, or use"),
    ],
)
def test_a_check_that_cannot_be_made_is_said(
    program: str, error: type[CommandError], sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(putting, "_PROGRAM", program)
    (tmp_path / "x.csv").touch()
    with pytest.raises(error, match=sentence):
        putting.check(putting.planned([tmp_path / "x.csv"], DATASET.folder), DATASET, label=True)


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (
            S3UploadFailedError(
                "Failed to upload x to b/x: An error occurred (AccessDenied) when calling the PutObject "
                "operation: Access Denied"
            ),
            "x.csv was not uploaded to s3://b/raw/x.csv (Access Denied): sign in as somebody who has s3:Put",
        ),
        (
            S3UploadFailedError(
                "An error occurred (NoSuchBucket) when calling the PutObject operation: The specified "
                "bucket does not exist"
            ),
            "(The specified bucket does not exist): give a folder of a bucket that there is with --to",
        ),
        (S3UploadFailedError("Slow down"), "(Slow down): try again"),
        (PermissionError(13, "Permission denied"), "x.csv cannot be read (Permission denied)"),
    ],
)
def test_what_s3_refuses_is_one_sentence(raised: Exception, sentence: str, tmp_path: Path) -> None:
    def upload_file(**_: object) -> None:
        raise raised

    file = tmp_path / "x.csv"
    file.touch()
    with pytest.raises(CommandError) as refusal:
        putting.put(target({}, upload_file), [Upload(file=file, bucket="b", key="raw/x.csv")])
    assert sentence in str(refusal.value)
