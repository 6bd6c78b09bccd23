"""Why something failed, or ended otherwise than hoped: every command that lists executions says it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.executions import advice
from tests.cli.executions.test_failure_causes import NESTED
from tests.cli.fakes import FakeClient, FakeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:0:execution:churn-retraining:e1"
WHY = "SageMaker.JobFailed: AlgorithmError: no label. Next: see `mdlc logs t1`."


def target(status: str = "FAILED", output: str = "") -> FakeTarget:
    execution = {"executionArn": ARN, "name": "e1", "status": status, "startDate": NOW, "stopDate": NOW}
    failed = {"error": "States.TaskFailed", "cause": NESTED} if status == "FAILED" else {}
    item = {
        "pk": "MODEL#churn", "sk": "EXECUTION#2026#retraining#e1", "model": "churn", "workflow": "retraining",
        "outcome": "Failed" if failed else "Lost", "execution_arn": ARN, **failed,
    }  # fmt: skip
    table = {"StackName": "Churn", "StackStatus": "CREATE_COMPLETE",
             "Outputs": [{"OutputKey": "AuditTableName", "OutputValue": "t"}]}  # fmt: skip
    return FakeTarget(
        clients={
            "stepfunctions": FakeClient(
                list_state_machines={
                    "stateMachines": [{"name": "churn-retraining", "stateMachineArn": "arn:m"}]
                },
                list_executions={"executions": [execution]},
                describe_execution={"output": output, **failed},
                get_execution_history={
                    "events": [{"id": 1, "previousEventId": 0, "timestamp": NOW, "type": "ExecutionStarted"}]
                },
            ),
            "cloudformation": FakeClient(describe_stacks={"Stacks": [table]}),
            "dynamodb": FakeClient(
                scan={"Items": [{name: {"S": value} for name, value in item.items()}]},
            ),
        }
    )


def said(monkeypatch: pytest.MonkeyPatch, folder: Path, here: FakeTarget, *words: str) -> str:
    monkeypatch.setattr(options, "chosen", lambda local: (folder, here))
    result: Any = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("command", ["executions", "logs", "audit"])
def test_a_cause_in_json_in_json_is_one_sentence_with_the_next_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    text = said(monkeypatch, tmp_path, target(), command)
    assert WHY in text
    assert "{" not in text
    assert "`mdlc executions`" not in text and "`mdlc audit`" not in text, "it leads on and not round"


@pytest.mark.parametrize("command", ["executions", "logs", "audit"])
def test_an_outcome_that_is_no_success_says_what_it_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    here = target("SUCCEEDED", '{"outcome": "Lost"}')
    assert advice.meaning("retraining", "Lost") in said(monkeypatch, tmp_path, here, command)
