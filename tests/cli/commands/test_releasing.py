from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import releases
from tests.cli.fakes import FakeClient, FakeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EXECUTION = "arn:aws:states:us-east-1:0:execution:churn-release:e1"


def item(number: int, version: int, replaced: int) -> dict[str, Any]:
    fields = {
        "pk": "MODEL#churn",
        "sk": f"EXECUTION#2026-01-0{number}#release#x",
        "workflow": "release",
        "outcome": "Succeeded",
        "version": str(version),
        "replaced": str(replaced),
    }
    return {name: {"S": value} for name, value in fields.items()}


def target(status: str = "SUCCEEDED", error: str = "", cause: str = "") -> FakeTarget:
    """A model with two releases behind it, and an execution that ends so."""
    ending = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"}[status]
    events = [
        {"id": 1, "previousEventId": 0, "timestamp": NOW, "type": "ExecutionStarted"},
        {
            "id": 2,
            "previousEventId": 1,
            "timestamp": NOW,
            "type": ending,
            "executionFailedEventDetails": {"error": error, "cause": cause},
        },
    ]
    stepfunctions = FakeClient(
        list_state_machines={
            "stateMachines": [
                {"name": name, "stateMachineArn": f"arn:{name}"}
                for name in ("churn-training", "churn-release")
            ]
        },
        start_execution={"executionArn": EXECUTION},
        list_executions={"executions": []},
        get_execution_history={"events": events},
        describe_execution={"output": json.dumps({"outcome": "Succeeded"}), "error": error, "cause": cause},
    )
    cloudformation = FakeClient(
        describe_stacks={
            "Stacks": [
                {
                    "StackName": "Churn",
                    "StackStatus": "CREATE_COMPLETE",
                    "Outputs": [{"OutputKey": "AuditTableName", "OutputValue": "t"}],
                }
            ]
        }
    )
    dynamodb = FakeClient(query={"Items": [item(1, 3, 0), item(2, 5, 3)]})
    sagemaker = FakeClient(list_model_packages={"ModelPackageSummaryList": []})
    clients = {"stepfunctions": stepfunctions, "cloudformation": cloudformation}
    return FakeTarget(clients={**clients, "dynamodb": dynamodb, "sagemaker": sagemaker})


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, here: FakeTarget, *arguments: str) -> Any:
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, here))
    return CliRunner().invoke(app, list(arguments))


def given(here: FakeTarget) -> dict[str, Any]:
    """The input of the one execution that was started, of the release machine."""
    ((_, request),) = (call for call in here.clients["stepfunctions"].calls if call[0] == "start_execution")
    assert request["stateMachineArn"] == "arn:churn-release"
    found: dict[str, Any] = json.loads(request["input"])
    return found


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["release"], {}),
        (
            ["release", "--version", "4", "--reason", "asked for"],
            {"package_version": 4, "reason": "asked for"},
        ),
        (["rollback"], {"package_version": 3, "reason": "to go back from version 5"}),
        (["rollback", "--to", "2"], {"package_version": 2, "reason": "to go back"}),
    ],
)
def test_one_execution_releases_a_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], expected: dict[str, Any]
) -> None:
    here = target()
    result = run(monkeypatch, tmp_path, here, *arguments)
    assert result.exit_code == 0, result.output
    assert given(here) == expected


def test_a_way_back_says_where_it_leads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = run(monkeypatch, tmp_path, target(), "rollback")
    assert "Going back from version 5 of churn to version 3" in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", [["release", "--version", "6"], ["rollback", "--to", "6"]])
def test_a_version_that_is_sent_back_is_an_error_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    here = target("FAILED", "RolledBack", "SageMaker rolled back to old: an alarm rang.")
    result = run(monkeypatch, tmp_path, here, *command)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError)
    assert str(result.exception) == (
        "version 6 was not released (RolledBack: SageMaker rolled back to old: an alarm rang): "
        "see why with `mdlc logs e1`; the version before serves"
    )


def running_release(here: FakeTarget, version: int, newest: int) -> None:
    """A release of a version that its approval began runs, and ends once it is watched."""
    client = here.clients["stepfunctions"]
    looks = iter([{"executions": [{"executionArn": f"{EXECUTION}0"}]}, {"executions": []}])
    client._answers["list_executions"] = lambda **_: next(looks)
    client._answers["describe_execution"]["input"] = json.dumps(
        {"package_version": version, "trigger": "approval"}
    )
    here.clients["sagemaker"] = registry(approved=newest)


def registry(approved: int | None = None, pending: int | None = None) -> FakeClient:
    """A registry with these versions."""

    def listed(ModelApprovalStatus: str, **request: Any) -> dict[str, Any]:
        version = {"Approved": approved, "PendingManualApproval": pending}[ModelApprovalStatus]
        package = {"ModelPackageVersion": version, "ModelPackageArn": f"arn:model-package/churn/{version}"}
        return {"ModelPackageSummaryList": [package] if version else []}

    return FakeClient(list_model_packages=listed)


@pytest.mark.parametrize(
    ("command", "approved", "waits"),
    [
        (["release"], None, 7),
        (["release", "--version", "7"], 6, 7),
        (["rollback", "--to", "7"], 6, 7),
        (["release"], 6, None),
        (["release", "--version", "6"], 6, None),
    ],
)
def test_a_version_that_waits_for_a_person_is_not_released(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: list[str],
    approved: int | None,
    waits: int | None,
) -> None:
    here = target()
    here.clients["sagemaker"] = registry(approved, 7)
    result = run(monkeypatch, tmp_path, here, *command)
    if waits is None:
        assert result.exit_code == 0, result.output
        return
    assert str(result.exception) == (
        "version 7 of churn waits for a person, and no release takes it before it is approved: "
        "`mdlc approve 7 --model churn`, which begins its release"
    )


@pytest.mark.parametrize("arguments", [["release"], ["release", "--version", "1"]])
def test_a_release_that_runs_already_is_watched_instead_of_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    here = target()
    running_release(here, version=1, newest=1)
    result = run(monkeypatch, tmp_path, here, *arguments)
    assert result.exit_code == 0, result.output
    assert "A release of version 1, started by its approval, runs already: watching it" in " ".join(
        result.stderr.split()
    )
    assert [name for name, _ in here.clients["stepfunctions"].calls if name == "start_execution"] == []


@pytest.mark.parametrize(
    ("arguments", "newest", "version"),
    [(["release", "--version", "2"], 1, 2), (["release"], 2, None), (["rollback"], 1, 3)],
)
def test_another_version_is_released_after_the_one_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], newest: int, version: int | None
) -> None:
    here = target()
    running_release(here, version=1, newest=newest)
    result = run(monkeypatch, tmp_path, here, *arguments)
    assert result.exit_code == 0, result.output
    assert given(here).get("package_version") == version


@pytest.mark.parametrize(
    ("executions", "sentence"),
    [
        (
            [{"executionArn": EXECUTION, "name": "e1", "status": "RUNNING", "startDate": NOW}],
            "A release of version 1, started by its approval, has begun: watch it with "
            "`mdlc release --model churn`.",
        ),
        ([], "Next: `mdlc release --model churn` brings it to the endpoint."),
    ],
)
def test_a_training_says_what_follows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, executions: list[dict[str, Any]], sentence: str
) -> None:
    monkeypatch.setattr(releases, "BETWEEN_LOOKS_SECONDS", 0)
    here = target()
    client = here.clients["stepfunctions"]
    client._answers["start_execution"] = {"executionArn": EXECUTION.replace("release", "training")}
    client._answers["list_executions"] = {"executions": executions}
    given = {"package_version": 1, "trigger": "approval"}
    client._answers["describe_execution"]["input"] = json.dumps(given)
    result = run(monkeypatch, tmp_path, here, "run", "training")
    assert result.exit_code == 0, result.output
    assert " ".join(result.stdout.split()).endswith(sentence)
