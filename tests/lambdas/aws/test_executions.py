import pytest
from botocore.exceptions import ClientError

from lambdas.aws import executions
from lambdas.aws.executions import ensure_running, execution_of, is_running, send_task_success
from mdlc_constructs.settings.payloads.retraining import LeaseAnswer
from tests.lambdas.fakes import client_error
from tests.lambdas.machines import FakeStepFunctions, arn

MACHINE = arn("flights-retraining")


def test_what_nobody_started_does_not_run() -> None:
    machines = FakeStepFunctions()
    assert not is_running(machines, arn("flights-retraining", "r"))
    assert is_running(machines, machines.runs("flights-retraining", "r"))
    assert not is_running(machines, machines.ends("flights-retraining", "r", "ABORTED"))


def test_a_storm_starts_one() -> None:
    machines = FakeStepFunctions()
    started = {ensure_running(machines, MACHINE, "r", {"noted": True}) for _ in range(20)}
    assert started == {arn("flights-retraining", "r")}
    assert machines.names("flights-retraining") == ["r"]


def test_one_that_runs_for_it_with_another_input_is_enough() -> None:
    machines = FakeStepFunctions()
    machines.runs("flights-retraining", "r", reason="by hand")
    assert ensure_running(machines, MACHINE, "r", {"noted": True}) == arn("flights-retraining", "r")


def test_after_a_dead_one_comes_the_next_name_and_one_about_to_end_does_not_count() -> None:
    machines = FakeStepFunctions()
    machines.ends("flights-retraining", "r", "ABORTED")
    second = machines.runs("flights-retraining", "r-2")
    assert ensure_running(machines, MACHINE, "r", {}, besides=second) == arn("flights-retraining", "r-3")


def test_work_stands_where_it_runs_or_succeeded() -> None:
    machines = FakeStepFunctions()
    new = execution_of(machines, MACHINE, "r")
    assert (new.name, new.begun, new.first_input) == ("r", None, None)
    machines.runs("flights-retraining", "r", rows="these")
    machines.ends("flights-retraining", "r", "FAILED")
    again = execution_of(machines, MACHINE, "r")
    assert (again.name, again.begun, again.first_input) == ("r-2", None, '{"rows": "these"}')
    machines.ends("flights-retraining", "r-2", outcome="Succeeded")
    done = execution_of(machines, MACHINE, "r")
    assert (done.name, done.arn) == ("r-2", arn("flights-retraining", "r-2"))
    assert done.begun and done.begun.output == '{"outcome": "Succeeded"}'


def test_names_are_spent_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "MAX_NAMES", 2)
    machines = FakeStepFunctions()
    for name in ("r", "r-2"):
        machines.ends("flights-retraining", name, "FAILED")
    with pytest.raises(executions.NamesSpent, match="r was started 2 times"):
        execution_of(machines, MACHINE, "r")
    with pytest.raises(executions.NamesSpent, match="r was started 2 times"):
        ensure_running(machines, MACHINE, "r", {})


def test_a_token_nobody_waits_for_is_no_error_and_others_are() -> None:
    machines = FakeStepFunctions(waited={"t"})
    assert send_task_success(machines, "t", LeaseAnswer(lease="Held"))
    assert not send_task_success(machines, "t", LeaseAnswer(lease="Held"))

    class Refusing(FakeStepFunctions):
        def send_task_success(self, **_: str) -> None:
            raise client_error("AccessDenied", "no")

    with pytest.raises(ClientError, match="AccessDenied"):
        send_task_success(Refusing(), "t")
