from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from mdlc_cli.errors import CommandError
from mdlc_cli.executions import advice, running
from mdlc_cli.executions.machines import StateMachine
from tests.cli.executions.test_history import Recorder
from tests.cli.fakes import FakeClient, FakeTarget

START = datetime(2026, 1, 1, tzinfo=UTC)
MACHINE = StateMachine(name="m-training", arn="arn:aws:states:us-east-1:0:stateMachine:m-training")
EXECUTION = "arn:aws:states:us-east-1:0:execution:m-training:e1"


def event(identity: int, kind: str, seconds: float, **details: Any) -> dict[str, Any]:
    at = START + timedelta(seconds=seconds)
    common = {"id": identity, "previousEventId": identity - 1, "type": kind, "timestamp": at}
    return {**common, "xEventDetails": details}


FAILED = [
    event(1, "ExecutionStarted", 0),
    event(2, "TaskStateEntered", 0.5, name="Train"),
    event(3, "TaskScheduled", 0.6, parameters=json.dumps({"TrainingJobName": "m-train-1"})),
    event(4, "TaskFailed", 7, error="SageMaker.JobFailed", cause="x"),
    event(5, "FailStateEntered", 7.1, name="Failed"),
    event(6, "ExecutionFailed", 7.2, error="SageMaker.JobFailed", cause="x"),
]


def target(*histories: list[dict[str, Any]], **described: Any) -> FakeTarget:
    """An execution whose history grows from one look to the next."""
    waiting = list(histories)

    def history(executionArn: str) -> list[dict[str, Any]]:
        return [{"events": waiting.pop(0) if len(waiting) > 1 else waiting[0]}]

    logs = FakeClient(
        describe_log_streams={"logStreams": [{"logStreamName": "m-train-1/algo-1"}]},
        get_log_events={
            "events": [{"timestamp": number, "message": f"line {number}\n"} for number in range(100)],
            "nextForwardToken": None,
        },
    )
    stepfunctions = FakeClient(
        start_execution={"executionArn": EXECUTION},
        get_execution_history=history,
        describe_execution=described,
    )
    return FakeTarget(clients={"stepfunctions": stepfunctions, "logs": logs})


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_each_state_is_printed_once_as_it_is_entered() -> None:
    out = console()
    here = target(FAILED[:1], FAILED[:2], FAILED[:2], FAILED, status="FAILED")
    running.follow(here, EXECUTION, console=out)
    assert printed(out).splitlines() == ["    0.5 s  Train", "    7.1 s  Failed"]


def test_a_failure_ends_with_the_first_error_its_reason_and_the_jobs_last_lines() -> None:
    out = console()
    cause = json.dumps({"TrainingJobName": "m-train-1", "FailureReason": "AlgorithmError: no label"})
    here = target(FAILED, status="FAILED", error="SageMaker.JobFailed", cause=cause)
    result = running.follow(here, EXECUTION, console=console())
    running.report(here, result, console=out)
    lines = printed(out).splitlines()
    assert not result.succeeded
    assert lines[:2] == [
        "FAILED after 7.2 s, 2 states entered",
        "SageMaker.JobFailed: AlgorithmError: no label.",
    ]
    assert lines[2] == "Train was first to fail: SageMaker.JobFailed: x."
    assert "m-train-1, which Train started" in lines[4]
    assert lines[-2:] == ["  line 99", "Next: see `mdlc logs m-train-1`."]
    assert len(lines) == 6 + running.SHOWN_LOG_LINES


def test_a_success_ends_with_the_machines_own_output() -> None:
    out = console()
    history = [*FAILED[:2], event(3, "TaskStateExited", 3, name="Train"), event(4, "ExecutionSucceeded", 4)]
    here = target(history, status="SUCCEEDED", output=json.dumps({"outcome": "Refused", "passed": "false"}))
    result = running.follow(here, EXECUTION, console=console())
    running.report(here, result, console=out)
    assert result.succeeded
    lines = printed(out).splitlines()
    assert lines[0] == "SUCCEEDED in 4.0 s, 1 states entered"
    assert [line.split() for line in lines[1:3]] == [["outcome", "Refused"], ["passed", "false"]]
    assert " ".join(lines[3:]) == advice.meaning("training", "Refused")


def test_the_input_is_handed_over_as_it_was_given(tmp_path: Path) -> None:
    here = target(FAILED)
    file = tmp_path / "input.json"
    file.write_text('{"reason": "test"}')
    assert running.start(here, MACHINE, running.read_input(f"@{file}")) == EXECUTION
    (operation, request) = here.clients["stepfunctions"].calls[0]
    assert (operation, json.loads(request["input"])) == ("start_execution", {"reason": "test"})
    assert running.read_input(None) == "{}"
    file.write_bytes(b"\xef\xbb\xbf{}")
    assert running.read_input(f"@{file}") == "{}", "a byte order mark is none of the text"


@pytest.mark.parametrize("text", ["@input.json", "@-"])
def test_an_input_that_is_not_utf_8_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input.json").write_bytes(b'{"reason": "f\xfcr"}')
    with (tmp_path / "input.json").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(CommandError) as refusal:
            running.read_input(text)
    assert str(refusal.value) == f"--input {text} cannot be read (it is not UTF-8): give JSON in UTF-8"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{reason: test}", "is not JSON .* quote it"),
        ("[1]", "give a JSON object"),
        ("@/nowhere/input.json", "cannot be read .* give a file's path"),
    ],
)
def test_a_bad_input_is_refused_before_anything_starts(text: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        running.read_input(text)


def test_the_last_time_becomes_a_window_in_whole_seconds() -> None:
    now = datetime(2026, 3, 1, 12, 0, 30, 900_000, tzinfo=UTC)
    text = running.with_last('{"reason": "look"}', "6h", now)
    window = {"start": "2026-03-01T06:00:30+00:00", "end": "2026-03-01T12:00:30+00:00"}
    assert json.loads(text) == {"reason": "look", "window": window}


@pytest.mark.parametrize(
    ("text", "last", "said"),
    [
        ("{}", "6", "--last 6 is no length of time: give one such as 45m, 6h or 2d"),
        ("{}", "0h", "--last 0h is no length of time"),
        ("{}", "a day", "--last a day is no length of time"),
        ('{"window": {}}', "1d", "--last 1d and the window in --input contradict each other: leave one out"),
    ],
)
def test_a_wrong_length_is_said(text: str, last: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        running.with_last(text, last, datetime.now(UTC))


def test_an_execution_that_waits_for_a_person_is_left_with_status_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arn = "arn:aws:sagemaker:us-east-1:0:model-package/m/3"
    request = {"FunctionName": "f", "Payload": {"step": "await_approval", "package_arn": arn}}
    record = Recorder()
    record.add("ExecutionStarted", 0, input="{}")
    record.add("TaskStateEntered", 0.1, name="AwaitApproval")
    record.add("TaskScheduled", 0.2, parameters=json.dumps(request))
    decided = Recorder()
    decided.events = list(record.events)
    decided.add("TaskSucceeded", 0.3)
    decided.add("ExecutionSucceeded", 0.4, output="{}")
    histories = iter([record.events, record.events, decided.events])
    statuses = iter(["Approved", "PendingManualApproval"])
    stepfunctions = FakeClient(
        get_execution_history=lambda **_: {"events": next(histories)}, describe_execution={"output": "{}"}
    )
    sagemaker = FakeClient(
        describe_model_package=lambda **_: {"ModelPackageArn": arn, "ModelApprovalStatus": next(statuses)}
    )
    target = FakeTarget(clients={"stepfunctions": stepfunctions, "sagemaker": sagemaker})
    with pytest.raises(typer.Exit) as left:
        running.to_the_end(target, EXECUTION)
    assert left.value.exit_code == 0
    printed = capsys.readouterr()
    assert "version 3 waits for a person: `mdlc approve 3 --model m`" in printed.err
    assert printed.out == "It goes on after the decision: follow it then with `mdlc watch m-training:e1`.\n"
    assert len(stepfunctions.calls) == 3, "approved already: its event was still on its way"
    statuses = iter(["Approved"])
    result = running.to_the_end(target, EXECUTION, as_json=True)
    assert result.succeeded and not result.waits and not result.failed


def test_a_history_that_ends_before_the_description_costs_another_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_LOOK_SECONDS", 0)
    record = Recorder()
    record.add("ExecutionStarted", 0, input="{}")
    record.add("ExecutionSucceeded", 0.4, output="{}")
    descriptions = iter(
        [{"status": "RUNNING"}, {"status": "SUCCEEDED", "output": '{"outcome": "Succeeded"}'}]
    )
    stepfunctions = FakeClient(
        get_execution_history=lambda **_: {"events": record.events},
        describe_execution=lambda **_: next(descriptions),
    )
    result = running.ended(FakeTarget(clients={"stepfunctions": stepfunctions}), EXECUTION)
    assert (result.succeeded, result.outcome) == (True, "Succeeded")
