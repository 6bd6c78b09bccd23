"""Every command that shows what others wrote shows it, whatever it is, and ends well."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli import app as application
from mdlc_cli.app import app
from mdlc_cli.aws import models
from mdlc_cli.commands import options
from mdlc_cli.deploying import deployment
from mdlc_cli.errors import CommandError
from mdlc_cli.predictions import decided
from mdlc_client import audit, registered
from tests.cli import left_results
from tests.cli.decisions.test_rules import DOCUMENT, deployed
from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import MODEL
from tests.cli.output.test_terminal import HOSTILE
from tests.cli.predictions.test_searching import account
from tests.cli.stored import read_here

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEGINNING = "see ticket [/ops] [link=http://evil.example]here[/link] [bold :bomb: \\u001b[2J"

KEPT = {
    *(
        "pk",
        "sk",
        "model",
        "monitor",
        "workflow",
        "outcome",
        "passed",
        "version",
        "package_arn",
        "replaced",
        "manifest",
    ),
    *(
        "started_at",
        "finished_at",
        "at",
        "start",
        "end",
        "rows",
        "report",
        "request_id",
        "training_execution",
    ),
    *("execution_arn", "evaluation", "program", "run", "schema_version", "losses", "window", "holdout"),
    *("score", "row", "features", "model_version", "defaults_used", "expires_at", "created_at", "changed_at"),
}
"""Fields that say what kind of thing something is, or where it lies; all others are text."""


def poisoned(item: Mapping[str, Any]) -> dict[str, Any]:
    """A record whose texts, and the texts within their JSON, hold what a terminal would obey."""
    return {name: value if name in KEPT else _poisoned(value) for name, value in item.items()}


def _poisoned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {f"{name}{HOSTILE}" if name == "auc" else name: _poisoned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one) if isinstance(one, Mapping) else _poisoned(one) for one in value]
    if isinstance(value, str):
        inside = audit.parsed(value)
        return json.dumps(_poisoned(inside)) if isinstance(inside, Mapping | list) else f"{value}{HOSTILE}"
    return value


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTarget:
    read_here(monkeypatch)
    made = account(tmp_path)
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, made))
    items, versions, read = audit.items, registered.versions, decided.read
    monkeypatch.setattr(audit, "items", lambda *a, **k: [poisoned(one) for one in items(*a, **k)])
    monkeypatch.setattr(registered, "versions", lambda *a: [poisoned(one) for one in versions(*a)])
    monkeypatch.setattr(decided, "read", lambda record, table: read(poisoned(record), table))
    return made


@pytest.fixture(params=["piped", "terminal"])
def shown_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "terminal":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "2000")
    return str(request.param)


def run(*arguments: str) -> str:
    """What a command printed, which must hold nothing that a terminal obeys or hides."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return checked(result.output)


def checked(text: str) -> str:
    for sent in ("\x1b]", "\x1b[2J", "\x07", "\x08", "\x9b", "\u202e", "\u2066", "\ud800", "\x00", "💣"):
        assert sent not in text, repr(sent)
    return text


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit",),
        ("audit", "--model", MODEL),
        ("audit", "--model", MODEL, "--table"),
        ("audit", "q1"),
    ],
    ids=" ".join,
)
def test_the_record_can_be_read_whatever_stands_in_it(shown_on: str, arguments: tuple[str, ...]) -> None:
    assert BEGINNING in "".join(run(*arguments).split("\n"))


@pytest.mark.parametrize(
    "arguments", [("audit", "--json"), ("audit", "--model", MODEL, "--json"), ("audit", "q1", "--json")]
)
def test_json_holds_the_very_text(arguments: tuple[str, ...]) -> None:
    printed = run(*arguments)
    document = json.loads(printed[printed.index("[\n" if arguments == ("audit", "--json") else "{\n") :])
    assert any(HOSTILE in text for text in texts(document))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from texts(part)


def machine(history: list[dict[str, Any]], status: str = "FAILED") -> FakeClient:
    execution = {
        "executionArn": "arn:m:e1",
        "name": f"e1{HOSTILE}",
        "status": status,
        "startDate": NOW,
        "stopDate": NOW,
    }
    return FakeClient(
        list_state_machines={
            "stateMachines": [{"name": f"churn-training{HOSTILE}", "stateMachineArn": "arn:m"}]
        },
        list_executions={"executions": [execution]},
        get_execution_history={"events": history},
        start_execution={"executionArn": "arn:m:e1"},
        describe_execution={
            "status": status,
            "error": HOSTILE,
            "cause": HOSTILE,
            "output": json.dumps({"a": HOSTILE}),
        },
    )


def history(*more: dict[str, Any]) -> list[dict[str, Any]]:
    events = [{"type": "ExecutionStarted"}, *more]
    return [
        {"id": n, "previousEventId": n - 1, "timestamp": NOW, **one} for n, one in enumerate(events, start=1)
    ]


ENTERED = {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": HOSTILE, "input": "{}"}}
JOB = {
    "type": "TaskScheduled",
    "taskScheduledEventDetails": {
        "resource": "createProcessingJob.sync",
        "resourceType": "sagemaker",
        "parameters": json.dumps({"ProcessingJobName": f"job{HOSTILE}"}),
    },
}
FAILED = {"type": "TaskFailed", "taskFailedEventDetails": {"error": HOSTILE, "cause": HOSTILE}}
ENDED = {"type": "ExecutionFailed", "executionFailedEventDetails": {"error": HOSTILE, "cause": HOSTILE}}
DONE = {
    "type": "ExecutionSucceeded",
    "executionSucceededEventDetails": {"output": json.dumps({"a": HOSTILE})},
}


@pytest.fixture
def machines(target: FakeTarget) -> FakeTarget:
    target.clients["stepfunctions"] = machine(history(ENTERED, JOB, FAILED, ENDED))
    target.clients["logs"] = FakeClient(
        describe_log_streams={"logStreams": [{"logStreamName": "job/1"}]},
        get_log_events={"events": [{"timestamp": 1, "message": HOSTILE}], "nextForwardToken": None},
    )
    return target


def test_executions_their_names_and_how_they_ended_are_shown(machines: FakeTarget, shown_on: str) -> None:
    assert BEGINNING in "".join(run("executions").split("\n"))
    assert BEGINNING in run("run", f"churn-training{HOSTILE}")
    machines.clients["stepfunctions"] = machine(history(ENTERED, DONE), "SUCCEEDED")
    assert BEGINNING in run("run", f"churn-training{HOSTILE}")


def test_logs_are_shown(machines: FakeTarget, shown_on: str) -> None:
    assert run("logs").count(BEGINNING) >= 2
    assert BEGINNING in run("logs", f"job{HOSTILE}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "2"),
        ("show", "bbbbbb3333"),
        ("show", "broken"),
        ("show", "endpoint/latest"),
        ("compare", "1", "2"),
    ],
    ids=" ".join,
)
def test_results_are_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shown_on: str, arguments: tuple[str, ...]
) -> None:
    made = left_results.account(monkeypatch, tmp_path)
    model = models.deployed(made)[0]
    poisoned_model = replace(model, items=tuple(poisoned(item) for item in model.items))
    monkeypatch.setattr(models, "deployed", lambda *arguments, **options: [poisoned_model])
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, made))
    assert BEGINNING in "".join(run(*arguments, *(["--no-open"] if "show" in arguments else [])).split("\n"))


def test_rules_are_shown_and_remain_the_same_document(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {**DOCUMENT, "version": HOSTILE}
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), deployed(now=document)))
    result = CliRunner().invoke(app, ["rules", "show"])
    checked(result.output)
    assert json.loads(result.stdout)["version"] == HOSTILE
    assert BEGINNING in result.stderr


def test_outputs_of_a_deployment_are_one_line_each(
    monkeypatch: pytest.MonkeyPatch, target: FakeTarget
) -> None:
    made = {"Churn": {"Url": f"{HOSTILE}\nChurn.Other = forged"}}
    monkeypatch.setattr(deployment, "deploy", lambda *given: made)
    monkeypatch.setattr("mdlc_cli.commands.deploying.confirmed", lambda *given: None, raising=False)
    printed = run("deploy")
    assert BEGINNING in printed
    assert not any(line.startswith("Churn.Other") for line in printed.splitlines())


def test_an_error_is_shown_with_its_detail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**options: object) -> None:
        raise CommandError(HOSTILE, detail=HOSTILE)

    monkeypatch.setattr(application, "app", fail)
    with pytest.raises(SystemExit):
        application.main()
    assert checked(capsys.readouterr().err).count(BEGINNING) == 2
