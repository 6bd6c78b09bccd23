from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console

from mdlc_cli.executions import watch
from mdlc_cli.executions.history import Job, Timeline, Visit

START = datetime(2026, 1, 1, tzinfo=UTC)


def visit(
    state: str, entered: float, ended: float | None, *, failed: bool = False, inside: bool = False
) -> Visit:
    return Visit(
        event_id=int(entered), state=state, kind="Task", entered=START + timedelta(seconds=entered),
        ended=None if ended is None else START + timedelta(seconds=ended), failed=failed, inside=inside,
        job=Job(name=f"m-{state.lower()}-1", log_group="g"),
    )  # fmt: skip


def test_a_terminal_shows_what_is_done_what_runs_and_for_how_long() -> None:
    visits = (
        visit("Train", 1, 4.5),
        visit("ScoreModel", 5, 6, failed=True, inside=True),
        visit("Evaluate", 7, None),
    )
    now = Timeline(started=START, visits=visits, status="RUNNING", ended=None, error="", cause="")
    out = Console(file=io.StringIO(), width=100)
    out.print(watch.picture(now, START + timedelta(seconds=9)))
    assert isinstance(out.file, io.StringIO)
    train, score, evaluate, elapsed = (line.rstrip() for line in out.file.getvalue().splitlines())
    assert train.split() == ["✓", "Train", "3.5", "s", "m-train-1"]
    assert score.startswith("✗   ScoreModel")
    assert evaluate.split()[1:] == ["Evaluate", "2.0", "s", "m-evaluate-1"]
    assert elapsed == "9.0 s"


def test_a_machine_that_waits_for_a_person_says_for_what() -> None:
    arn = "arn:aws:sagemaker:us-east-1:0:model-package/churn/3"
    asked = replace(visit("AwaitApproval", 1, None), package_arn=arn)
    now = Timeline(started=START, visits=(asked,), status="RUNNING", ended=None, error="", cause="")
    told = "version 3 waits for a person: `mdlc approve 3 --model churn`"
    out = Console(file=io.StringIO(), width=200)
    out.print(watch.picture(now, START + timedelta(seconds=9)))
    lines = watch.PlainLines(out)
    lines.show(now)
    lines.show(now)
    assert isinstance(out.file, io.StringIO)
    printed = out.file.getvalue()
    assert f"9.0 s, {told}" in printed and printed.count(told) == 2, "once in each, however often it is asked"
    decided = replace(now, visits=(replace(asked, ended=START), visit("LookAtPackage", 2, None)))
    out.print(watch.picture(decided, START + timedelta(seconds=9)))
    assert out.file.getvalue().count(told) == 2
