from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from tests.cli.beginning.test_putting import DATASET, definition
from tests.cli.fakes import FakeClient, FakeTarget

LABELLED = "id,day,age,left\n1,2026-01-01,30,0\n"
UNLABELLED = "id,day,age\n1,2026-01-01,30\n"


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    """A model whose training and batch inference read the same folder."""
    batch = definition()
    batch["States"]["Plan"]["Arguments"]["Payload"]["settings"]["dataset"] = {
        **DATASET.section,
        "label": None,
        "uri": "s3://churn-1/batch/",
    }
    names = ("churn-training", "churn-batch-inference")
    machines = [{"name": name, "stateMachineArn": name} for name in names]

    def describe_state_machine(*, stateMachineArn: str) -> dict[str, str]:
        chosen = definition() if stateMachineArn == "churn-training" else batch
        return {"definition": json.dumps(chosen)}

    made = FakeTarget(
        clients={
            "stepfunctions": FakeClient(
                list_state_machines={"stateMachines": machines},
                describe_state_machine=describe_state_machine,
            ),
            "s3": FakeClient(upload_file=None),
        }
    )
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    return made


def put(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["put", *arguments])


def keys(target: FakeTarget) -> list[str]:
    return [f"{sent['Bucket']}/{sent['Key']}" for _, sent in target.clients["s3"].calls]


def test_checked_files_are_uploaded_and_what_reads_them_is_named(target: FakeTarget, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(LABELLED)
    done = put(str(file))
    assert done.exit_code == 0, (done.output, done.exception)
    assert keys(target) == ["churn-1/raw/a.csv"] and done.stdout == ""
    assert (
        "checking a.csv by" in done.stderr
        and "1 row)" in done.stderr
        and "Next: `mdlc run training` reads them." in done.stderr
    )


def test_two_files_of_one_name_are_refused_before_a_folder_is_known(
    target: FakeTarget, tmp_path: Path
) -> None:
    files = [tmp_path / name / "a.csv" for name in ("x", "y")]
    for file in files:
        file.parent.mkdir()
        file.write_text(LABELLED)
    done = put(*map(str, files))
    assert str(done.exception) == (
        "a.csv is named twice, and one would replace the other in S3: rename one of them"
    )
    assert target.clients["stepfunctions"].calls == []


def test_rows_to_score_go_where_the_batch_reads(target: FakeTarget, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(UNLABELLED)
    done = put(str(file), "--for", "batch-inference", "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    assert json.loads(done.stdout) == [{"file": str(file), "uri": "s3://churn-1/batch/a.csv", "rows": 1}]
    assert keys(target) == ["churn-1/batch/a.csv"]


def test_a_folder_of_its_own_is_not_checked_and_that_is_said(target: FakeTarget, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("id,left\n1,0\n")
    done = put(str(file), "--to", "s3://churn-1/labels/")
    assert done.exit_code == 0, (done.output, done.exception)
    assert "Not checked: no dataset is read from s3://churn-1/labels/." in done.stderr
    assert keys(target) == ["churn-1/labels/labels.csv"]
    target.clients["stepfunctions"] = FakeClient(list_state_machines={"stateMachines": []})
    assert put(str(file), "--to", "s3://churn-1/labels/", "--no-check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing was uploaded: bad.csv has no column 'age'; it has id, day, aeg, left: did you mean"),
        (("--to", "s3://churn-1/raw/2026/"), "nothing was uploaded: bad.csv has no column 'age'"),
        (("--to", "churn"), "--to churn is no S3 folder"),
        (("--for", "scoring"), "no state machine fits workflow 'scoring': choose one of churn-batch-inf"),
        (("--model", "returns"), "no state machine fits workflow 'training': deploy a stack first"),
    ],
)
def test_when_one_file_is_wrong_nothing_is_uploaded(
    arguments: tuple[str, ...], message: str, target: FakeTarget, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(LABELLED)
    bad.write_text(LABELLED.replace("age", "aeg"))
    done = put(str(good), str(bad), *arguments)
    assert isinstance(done.exception, CommandError), (done.output, done.exception)
    assert message in str(done.exception) and keys(target) == []
    if not arguments:
        assert put(str(good), str(bad), "--no-check").exit_code == 0 and len(keys(target)) == 2
