from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli import advice
from mdlc_cli.app import app
from mdlc_cli.commands import options
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
    target = FakeTarget(clients={"stepfunctions": stepfunctions})
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, target))
    result = CliRunner().invoke(app, ["logs"])
    assert result.exit_code == 0, result.output
    assert " ".join(result.stderr.split()) == (
        "Execution e1 of churn-training ended as SUCCEEDED and ran no jobs. "
        + advice.meaning("training", "Unchanged")
    )
    assert result.stdout == ""
