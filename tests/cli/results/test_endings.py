from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.executions.history import Timeline, Visit
from mdlc_cli.executions.running import Result
from mdlc_cli.output.terminal import Terminal
from mdlc_cli.results import endings
from tests.cli.left_results import SERVED, WINDOW, account
from tests.cli.life import GROUP

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ended(workflow: str, status: str = "SUCCEEDED", **output: str) -> Result:
    visits = (Visit(event_id=1, state="Plan", kind="Task", entered=NOW, ended=NOW),)
    return Result(
        arn=f"arn:aws:states:us-east-1:0:execution:churn-{workflow}:e1",
        status=status,
        output=json.dumps(output) if status == "SUCCEEDED" else "",
        error="" if status == "SUCCEEDED" else "NoData",
        cause="" if status == "SUCCEEDED" else "no file lies in s3://bucket/raw/",
        timeline=Timeline(started=NOW, visits=visits, status=status, ended=NOW, error="", cause=""),
    )


PACKAGE = f"{GROUP}/2"


@pytest.mark.parametrize(
    ("result", "workflow", "sentences"),
    [
        (
            ended("training", outcome="Succeeded", run="abcdef12", package_arn=PACKAGE),
            "training",
            ["Run abcdef12, version 2: `mdlc show 2 --model churn` shows its metrics and its evaluation."],
        ),
        (
            ended("batch-inference", run="abcdef12", package_arn=PACKAGE),
            "batch-inference",
            [
                "Run abcdef12: `mdlc show abcdef12 --predictions scores.csv` writes its predictions.",
                "Version 2 answered: `mdlc show 2 --model churn`.",
            ],
        ),
        (
            ended("release", package_arn=PACKAGE, run="none"),
            "release",
            ["Version 2: `mdlc show 2 --model churn` shows what serves."],
        ),
        (
            ended(
                "retraining",
                package_arn=PACKAGE,
                training_execution="arn:churn-training:t1",
                release_execution="",
            ),
            "retraining",
            [
                "Version 2: `mdlc show 2 --model churn` shows it.",
                "The training was execution t1: `mdlc show churn-training:t1`.",
            ],
        ),
        (ended("retraining", package_arn="", training_execution=""), "retraining", []),
        (ended("training", "FAILED"), "training", []),
        (ended("batch-inference", run="none"), "batch-inference", []),
        (ended("own", outcome="x"), "", []),
    ],
)
def test_an_end_names_what_can_be_shown(result: Result, workflow: str, sentences: list[str]) -> None:
    assert endings.sentences(result.content, "churn", workflow, []) == sentences


def test_refused_data_have_a_report_to_look_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = replace(
        ended("training", "FAILED"), cause="a.csv is bad. Report: s3://bucket/quality/q1/report/"
    )
    endings.write(account(monkeypatch, tmp_path), refused, as_json=False)
    assert capsys.readouterr().out == "`mdlc show e1` shows the report.\n"
    endings.write(account(monkeypatch, tmp_path), ended("training", "FAILED"), as_json=False)
    assert capsys.readouterr().out == ""


MONITORED = ended("monitoring", outcome="Succeeded", monitor="endpoint", windows=json.dumps([WINDOW]))


def test_a_monitoring_ends_with_its_windows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endings.write(account(monkeypatch, tmp_path), MONITORED, as_json=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "Windows",
        "window rows drifted columns verdict",
        f"endpoint/{WINDOW} 400 tenure drifted, accuracy is not known",
        f"endpoint/{WINDOW}",
        "version 2",
        "columns tenure",
        "because The distribution of 'tenure' changed.",
        "estimated auc 0.6000, holdout 0.7200",
        f"report s3://bucket/monitoring/endpoint/{WINDOW}/d1/report.html",
        f"`mdlc show endpoint/{WINDOW} --model churn` shows its report.",
    ]


def test_everything_is_json_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endings.write(account(monkeypatch, tmp_path), MONITORED, as_json=True, more={"extra": 1})
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["status"], document["outcome"], document["extra"]) == ("SUCCEEDED", "Succeeded", 1)
    assert document["names"] == {"run": None, "version": None, "windows": [f"endpoint/{WINDOW}"]}
    assert document["windows"][0]["rows"] == SERVED["rows"]
    assert document["states"][0]["state"] == "Plan"
    endings.write(account(monkeypatch, tmp_path), ended("training", "FAILED"), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["error"], document["output"]) == ("FAILED", "NoData", {})
    assert document["why"] == "NoData: no file lies in s3://bucket/raw/."
    assert document["following"].startswith("upload data where the cause says")


def test_windows_fit_a_narrow_terminal() -> None:
    out = Terminal(file=io.StringIO(), width=60)
    endings.write_windows([SERVED], console=out)
    assert isinstance(out.file, io.StringIO)
    assert max(len(line) for line in out.file.getvalue().splitlines()) <= 60
