from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.executions import advice
from tests.cli.commands.test_releasing import EXECUTION, target
from tests.cli.fakes import FakeClient, FakeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_logs_of_an_execution_without_jobs_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stepfunctions = FakeClient(
        list_state_machines={"stateMachines": [{"name": "churn-training", "stateMachineArn": "arn:m"}]},
        list_executions={
            "executions": [
                {
                    "executionArn": "arn:m:e1",
                    "name": "e1",
                    "status": "SUCCEEDED",
                    "startDate": NOW,
                    "stopDate": NOW,
                }
            ]
        },
        describe_execution={"output": '{"outcome": "Unchanged"}'},
        get_execution_history={
            "events": [{"id": 1, "previousEventId": 0, "timestamp": NOW, "type": "ExecutionStarted"}]
        },
    )
    here = FakeTarget(clients={"stepfunctions": stepfunctions})
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, here))
    result = CliRunner().invoke(app, ["logs"])
    assert result.exit_code == 0, result.output
    assert " ".join(result.stderr.split()) == (
        "Execution e1 of churn-training ended as SUCCEEDED and ran no jobs. "
        + advice.meaning("training", "Unchanged")
    )
    assert result.stdout == ""
    assert json.loads(CliRunner().invoke(app, ["logs", "--json"]).stdout) == []


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, here: FakeTarget, *arguments: str) -> Result:
    monkeypatch.setattr(options, "chosen", lambda local: (folder, here))
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", [("run", "release"), ("release",), ("rollback",)])
def test_what_ran_is_json_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    here = target()
    here.clients["sagemaker"] = FakeClient(list_model_packages={"ModelPackageSummaryList": []})
    result = run(monkeypatch, tmp_path, here, *command, "--json")
    document = json.loads(result.stdout)
    assert (document["execution"], document["workflow"], document["outcome"]) == (
        "e1", "release", "Succeeded",
    )  # fmt: skip
    assert document["names"] == {"run": None, "version": None, "windows": []}
    failed = run(
        monkeypatch, tmp_path, target("FAILED", "RolledBack", "an alarm"), "run", "release", "--json"
    )
    assert failed.exit_code == 1
    document = json.loads(failed.stdout)
    assert (document["status"], document["error"], document["why"]) == (
        "FAILED", "RolledBack", "RolledBack: an alarm.",
    )  # fmt: skip


def test_an_execution_that_is_not_waited_for_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = run(monkeypatch, tmp_path, target(), "run", "release", "--no-wait", "--json")
    assert json.loads(result.stdout) == {"arn": EXECUTION, "execution": "e1"}


def test_executions_are_a_list_on_a_narrow_terminal_and_json_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = target()
    name = "8c12669c-192a-4507-b8ba-544490257cfe"
    started = {
        "executionArn": f"arn:{name}",
        "name": name,
        "status": "SUCCEEDED",
        "startDate": NOW,
        "stopDate": NOW,
    }
    here.clients["stepfunctions"]._answers["list_executions"] = {"executions": [started]}
    listed = json.loads(run(monkeypatch, tmp_path, here, "executions", "release", "--json").stdout)
    assert [(each["execution"], each["outcome"], each["started"]) for each in listed] == [
        (name, "Succeeded", NOW.isoformat())
    ]
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    shown = run(monkeypatch, tmp_path, here, "executions", "release").stdout
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in shown.splitlines()]
    assert f"execution  {name}" in lines and max(map(len, lines)) <= 60
