from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.decisions import programs
from mdlc_cli.errors import CommandError
from tests.cli.decisions.test_golden import Bucket, Storing
from tests.cli.fakes import FakeClient

MACHINES = {"stateMachines": [{"name": "churn-release", "stateMachineArn": "arn:m"}]}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Storing:
    def invoke(**request: Any) -> dict[str, Any]:
        assert request["EndpointName"] == "churn"
        rows = request["Body"].splitlines()
        return {"Body": io.BytesIO(b"\n".join(b'{"score": 0.5, "version": 1}' for _ in rows))}

    clients = {
        "stepfunctions": FakeClient(list_state_machines=MACHINES),
        "sagemaker-runtime": FakeClient(invoke_endpoint=invoke),
        "sagemaker": FakeClient(
            list_model_packages={"ModelPackageSummaryList": [{"ModelPackageArn": "arn"}]},
            describe_model_package={"CustomerMetadataProperties": {"program": "s3://b/programs/1"}},
        ),
    }
    made = Storing(clients=clients, bucket=Bucket())
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, made))
    return made


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "rows.csv"
    path.write_text("id,x,late\n1,2,0.25\n2,3,0.75\n")
    return str(path)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["golden", *arguments])


def test_rows_are_recorded_with_a_columns_answers_and_shown(target: Storing, rows: str) -> None:
    result = run("record", rows, "--key", "id", "--expected", "late")
    assert result.exit_code == 0, result.output
    assert "2 rows recorded in s3://b/golden/" in result.stderr
    assert target.bucket.objects["golden/expected.csv"] == b"row_key,expected\n1,0.25\n2,0.75\n"
    shown = [json.loads(line) for line in run("show", "--json").stdout.splitlines()]
    assert shown[0] == {"row_key": "1", "expected": 0.25, "row": {"id": "1", "x": "2"}}
    assert '1        0.25      {"id": "1", "x": "2"}' in run("show").stdout


def test_rows_are_recorded_with_what_the_endpoint_answers(target: Storing, rows: str) -> None:
    assert run("record", rows, "--key", "id", "--limit", "1").exit_code == 0
    assert target.bucket.objects["golden/expected.csv"] == b"row_key,expected\n1,0.5\n"
    assert json.loads(target.bucket.objects["golden/rows.jsonl"]) == {"id": "1", "x": "2", "late": "0.25"}


def test_two_sources_of_answers_are_refused(target: Storing, rows: str) -> None:
    result = run("record", rows, "--key", "id", "--expected", "late", "--endpoint", "churn")
    assert isinstance(result.exception, CommandError)
    assert "leave one out" in str(result.exception)
    assert target.bucket.objects == {}


def test_classes_are_shown_as_they_are_named(
    target: Storing, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("record", rows, "--key", "id", "--expected", "late")
    target.bucket.objects["golden/expected.csv"] = b"row_key,expected\n1,1\n2,01\n"
    monkeypatch.setattr(programs, "classes_of", lambda target, model: ("1", "01"))
    shown = [json.loads(line)["expected"] for line in run("show", "--json").stdout.splitlines()]
    assert shown == ["1", "01"]
    assert '2        01        {"id": "2", "x": "3"}' in run("show").stdout
