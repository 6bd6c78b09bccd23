import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from examples.flight_delay import following
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import machines, running
from mdlc_cli.executions.history import Timeline
from mdlc_cli.executions.machines import StateMachine
from tests.cli.fakes import FakeClient, FakeTarget

MOMENT = datetime(2013, 12, 1, tzinfo=UTC)
RELEASE = StateMachine(name="flight-delay-release", arn="arn:release")


def result(status: str, *, output: str = "", error: str = "") -> running.Result:
    timeline = Timeline(started=MOMENT, ended=MOMENT, status=status, error=error, cause="", visits=())
    return running.Result(
        arn="arn:x:mine", status=status, output=output, error=error, cause="why", timeline=timeline
    )


@pytest.fixture
def out() -> Console:
    return Console(file=io.StringIO(), width=200, highlight=False)


def told(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was started: machine and input."""
    started: list[tuple[str, str]] = []

    def start(target: Any, machine: StateMachine, given: str) -> str:
        started.append((machine.name, given))
        return "arn:x:mine"

    monkeypatch.setattr(machines, "all_machines", lambda target, stack: [RELEASE])
    monkeypatch.setattr(running, "start", start)
    return started


def test_a_workflow_is_run_and_its_outcome_told(
    out: Console, stack: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = result("SUCCEEDED", output='{"outcome": "Unchanged"}')
    monkeypatch.setattr(running, "follow", lambda target, execution, console: done)
    assert following.run(out, FakeTarget(), "release", {"package_version": 1}) == {"outcome": "Unchanged"}
    assert stack == [("flight-delay-release", '{"package_version": 1}')]
    assert "flight-delay-release\n  Unchanged in 0.0 s, 0 states" in told(out)


def test_a_workflow_that_fails_ends_the_demo(
    out: Console, stack: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = result("FAILED", error="Broken")
    monkeypatch.setattr(running, "follow", lambda target, execution, console: failed)
    with pytest.raises(CommandError, match="flight-delay-release failed: see `mdlc logs mine`"):
        following.run(out, FakeTarget(), "release", {})
    assert "FAILED: Broken" in told(out)


def test_the_release_that_an_approval_started_is_waited_for(
    stack: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [["arn:old"], ["arn:old"], ["arn:new", "arn:old"]]

    def executions(**request: Any) -> dict[str, Any]:
        common = {"name": "n", "status": "RUNNING", "startDate": MOMENT}
        return {"executions": [{"executionArn": arn, **common} for arn in listed.pop(0)]}

    target = FakeTarget(clients={"stepfunctions": FakeClient(list_executions=executions)})
    known = following.executions(target)
    assert following.started_by_event(target, known) == "arn:new"


def test_an_approval_that_starts_nothing_is_said(
    stack: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EVENT_SECONDS", 0.0)
    target = FakeTarget(clients={"stepfunctions": FakeClient(list_executions={"executions": []})})
    with pytest.raises(CommandError, match="no release was started by the event"):
        following.started_by_event(target, set())
