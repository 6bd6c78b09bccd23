"""What `mdlc show`, `mdlc watch` and `mdlc compare` print, as text: in a pipe, and on 60 columns."""

from __future__ import annotations

import json
import re
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mdlc_cli import places
from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.results import showing
from tests.cli.fakes import FakeTarget
from tests.cli.left_results import WINDOW, account

WIDTH = 60


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTarget:
    made = account(monkeypatch, tmp_path)
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, made))
    return made


@pytest.fixture(params=["piped", "60 columns"])
def shown_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "60 columns":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(WIDTH))
    return str(request.param)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def plain(text: str) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "2"), ["Version 2 of churn: PendingManualApproval", "Metrics on 700 holdout rows"]),
        (("show", "bbbbbb3333"), ["Batch bbbbbb3333 of churn: Succeeded", "  median   0.2500"]),
        (("show", "endpoint/latest"), ["Drift from the baseline", "  columns  tenure"]),
        (
            ("show", "broken"),
            ["Execution broken of churn-training: Failed", "Next: Mend the data as the cause"],
        ),
        (
            ("show",),
            [
                "Execution going-on of churn-training: runs",
                "Next: `mdlc watch churn-training:going-on` follows it",
            ],
        ),
        (("compare", "1", "2"), ["Version 1 and version 2 of churn", "What differs", "  num_round"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_result_reads_well(
    target: FakeTarget, shown_on: str, arguments: tuple[str, ...], expected: list[str]
) -> None:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    lines = plain(result.stdout)
    for text in expected:
        assert any(line.startswith(text) for line in lines), (text, lines)
    if shown_on == "60 columns":
        # Commands to copy are broken by the terminal, and nothing else is wider than it.
        assert max((len(line) for line in lines if "`" not in line), default=0) <= WIDTH
    else:
        assert "\x1b" not in result.stdout
    assert all("{" not in line for line in lines), "no JSON where a person reads"


def test_json_goes_to_standard_output_alone(target: FakeTarget) -> None:
    for arguments in (("show", "2"), ("show", "bbbbbb3333"), ("show", "broken"), ("compare", "1", "2")):
        json.loads(run(*arguments, "--json").stdout)
    document = json.loads(run("show", f"endpoint/{WINDOW}", "--json").stdout)
    assert (document["window"], document["rows"]) == (f"endpoint/{WINDOW}", "400")
    assert document["page"].endswith("/report.html")


def test_everything_small_is_saved(target: FakeTarget, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    result = run("show", "2", "--save", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == [
        "evaluation.html", "evaluation.png", "report.json",
    ]  # fmt: skip
    assert "evaluation.html, evaluation.png, report.json" in " ".join(result.stderr.split())
    assert isinstance(run("show", "going-on", "--save", str(folder)).exception, CommandError)
    run("compare", "1", "2", "--save", str(folder))
    assert {path.name for path in folder.iterdir()} >= {"comparison.html", "v1-evaluation.png"}


def test_predictions_are_written_and_the_summary_too(target: FakeTarget, tmp_path: Path) -> None:
    result = run("show", "bbbbbb3333", "--predictions", str(tmp_path / "scores.csv"))
    assert (tmp_path / "scores.csv").read_text().count("\n") == 3
    assert "2 rows" in result.stderr and "begin with an apostrophe" in " ".join(result.stderr.split())
    assert result.stdout.startswith("Batch bbbbbb3333")
    assert "lowest" not in result.stdout, "the predictions are read once"
    result = run("show", "endpoint/latest", "--predictions", str(tmp_path / "rows.jsonl"))
    assert json.loads((tmp_path / "rows.jsonl").read_text())["inference_id"] == "q1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "2", "--predictions", "a.csv"), "churn-v2 has no predictions: name a batch's run, or a"),
        (("show", "2", "--predictions", "a.xls"), "--predictions a.xls names no format"),
        (("show", "2", "--predictions", "-", "--json"), "both print to standard output"),
        (("show", "zzzzzz"), "no execution, run, version, window or job is called 'zzzzzz'"),
        (("watch", "zzzzzz"), "no execution, run, version, window or job is called 'zzzzzz'"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    target: FakeTarget, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, CommandError)
    assert sentence in str(result.exception)
    assert result.stdout == "" or arguments[2:3] == ("--predictions",)


def test_without_a_display_it_is_said_how_to_get_the_page(target: FakeTarget) -> None:
    said = " ".join(run("show", "2").stderr.split())
    assert said.endswith("no browser can be opened here: `--save DIR` saves it with the other files.")
    assert "It has evaluation.html, and" in said
    assert "browser" not in run("show", "2", "--no-open").stderr


def test_with_a_display_the_page_is_opened(
    target: FakeTarget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []

    def opening(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(showing, "can_open", lambda: True)
    monkeypatch.setattr(webbrowser, "open", opening)
    monkeypatch.setattr(places, "cache_root", lambda: tmp_path / "cache")
    result = run("show", "2")
    page = tmp_path / "cache" / "shown" / "churn-v2" / "evaluation.html"
    assert opened == [page.as_uri()] and page.read_bytes() == b"<p>page 2</p>"
    assert f"Opened {page}." in "".join(result.stderr.split("\n"))
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert "No browser could be started: open" in run("show", "2").stderr


@pytest.mark.parametrize(
    ("environment", "terminals", "expected"),
    [({"DISPLAY": ":0"}, True, True), ({"DISPLAY": ":0"}, False, False), ({}, True, False)],
)
def test_a_browser_needs_a_terminal_and_a_display(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminals: bool, expected: bool
) -> None:
    class Stream:
        def isatty(self) -> bool:
            return terminals

    for name in showing.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "stdout", Stream())
    monkeypatch.setattr(sys, "stderr", Stream())
    assert showing.can_open() is expected


def ending(target: FakeTarget, status: str, **described: str) -> None:
    """The execution that runs ends when it is looked at next."""
    stepfunctions = target.clients["stepfunctions"]
    (history,) = (stepfunctions._answers["get_execution_history"],)
    kind = "ExecutionSucceeded" if status == "SUCCEEDED" else "ExecutionFailed"
    event: dict[str, Any] = {"id": 3, "previousEventId": 2, "timestamp": history["events"][0]["timestamp"]}
    stepfunctions._answers["get_execution_history"] = {
        "events": [*history["events"], {**event, "type": kind}]
    }
    stepfunctions._answers["describe_execution"] = {"status": status, **described}


def executions(target: FakeTarget) -> list[dict[str, Any]]:
    """The executions of the training, which can be changed."""
    stepfunctions = target.clients["stepfunctions"]
    listed: list[dict[str, Any]] = stepfunctions.list_executions(stateMachineArn="arn:churn-training")[
        "executions"
    ]
    return listed


def test_what_runs_is_watched_to_its_end(target: FakeTarget) -> None:
    ending(target, "SUCCEEDED", output='{"outcome": "Succeeded", "run": "abcdef12", "package_arn": "g/3"}')
    result = run("watch")
    assert result.exit_code == 0, result.output
    assert plain(result.stderr) == [
        "Watching execution going-on of churn-training", "    0.0 s  CheckQuality",
    ]  # fmt: skip
    lines = plain(result.stdout)
    assert lines[0] == "SUCCEEDED in 0.0 s, 1 states entered"
    assert (
        lines[-1]
        == "Run abcdef12, version 3: `mdlc show 3 --model churn` shows its metrics and its evaluation."
    )


def test_a_failure_that_is_watched_ends_with_status_1(target: FakeTarget) -> None:
    ending(target, "FAILED", error="NoData", cause="upload data")
    result = run("watch", "going-on", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "NoData"


def test_one_that_has_ended_prints_its_end(target: FakeTarget) -> None:
    ending(target, "SUCCEEDED", output='{"outcome": "Unchanged"}')
    (running,) = executions(target)
    running["status"] = "SUCCEEDED"
    result = run("watch")
    assert plain(result.stderr) == ["Execution going-on of churn-training has ended"]
    assert plain(result.stdout)[0] == "SUCCEEDED in 0.0 s, 1 states entered"


def test_of_several_that_run_the_others_are_named(target: FakeTarget) -> None:
    ending(target, "SUCCEEDED", output="{}")
    listed = executions(target)
    listed.append({**listed[0], "executionArn": f"{listed[0]['executionArn']}-2", "name": "older"})
    assert "churn-training runs too: `mdlc watch churn-training:going-on`" in run("watch").stderr


def test_what_waits_beside_a_pending_version_is_not_what_runs(target: FakeTarget) -> None:
    ending(target, "SUCCEEDED", output="{}")
    assert "churn-approval" not in run("watch").stderr
    assert "Execution going-on of churn-training" in run("logs").stderr
    assert "v2-1" in run("executions").stdout, "it is listed all the same"
    assert "Execution v2-1 of churn-approval" in run("show", "churn-approval:v2-1").stdout


def test_where_nothing_has_run_the_next_command_is_named(target: FakeTarget) -> None:
    target.clients["stepfunctions"]._answers["list_executions"] = {"executions": []}
    result = run("watch")
    assert str(result.exception) == "nothing has run yet: start with `mdlc run training`"


def test_ctrl_c_names_the_command_that_goes_on(target: FakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mdlc_cli.executions.running.follow", interrupted)
    result = run("watch")
    assert result.exit_code == 130
    said = " ".join(result.stderr.split())
    again = "Follow it again with `mdlc watch churn-training:going-on`."
    assert f"No longer watching; the execution goes on. {again}" in said
