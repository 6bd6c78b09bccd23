"""What was killed is started again by the clock, once, whoever looks and whatever else happens."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.functions.plan_retraining import handler as planning
from lambdas.triggers.starting import MAX_STARTS, resume_pending, start_pending
from tests.lambdas.machines import arn
from tests.lambdas.retraining import Model
from tests.lambdas.triggers.test_store import FIRED

DRIFT = replace(FIRED, window="", holdout="")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    return Model(monkeypatch)


def training(model: Model, execution: str = "x1", **given: Any) -> dict[str, Any]:
    """A retraining that trains; what it gathered."""
    gathered = model.gather(execution, **given)
    assert model.ask(gathered, execution) == "Held"
    work = model.claim(gathered, execution)
    assert work["step"] == "Train"
    model.machines.start_execution(
        stateMachineArn=arn("flights-training"), name=work["training"]["name"], input="{}"
    )
    return gathered


def killed(model: Model, execution: str, gathered: dict[str, Any], **how: str) -> None:
    """Stop it, and with it the training that it follows."""
    (running,) = (
        one
        for one in model.machines.names("flights-training")
        if model.machines.executions[arn("flights-training", one)]["status"] == "RUNNING"
    )
    assert running.startswith(gathered["request_id"])
    model.machines.ends("flights-training", running, "ABORTED")
    model.dies(execution, **how)


def test_nothing_is_started_for_nothing(model: Model) -> None:
    assert model.resume() is None
    assert model.machines.executions == {}


def test_what_trains_or_waits_is_left_alone(model: Model) -> None:
    gathered = model.gather("x1", reason="a")
    for _ in range(3):
        assert model.resume() is None
        model.wait(hours=1)
    assert model.ask(gathered) == "Held"
    assert model.resume() is None
    model.claim(gathered)
    assert model.resume() is None
    assert model.machines.names("flights-retraining") == ["x1"]


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_a_killed_retraining_is_started_again_and_takes_the_dead_ones_lease(
    model: Model, status: str
) -> None:
    gathered = training(model, reason="because")
    killed(model, "x1", gathered, status=status)
    name = model.resume()
    assert name is not None and name == gathered["request_id"]
    # Before it has gathered, and as often as somebody looks, it is the same execution.
    assert model.resume() == name
    again = model.gather(name, noted=True)
    assert (again["request_id"], again["seconds"], again["resumed"]) == (gathered["request_id"], 0, True)
    assert model.resume() is None
    assert model.ask(again, name) == "Held"
    work = model.claim(again, name)
    assert work["training"]["name"] == f"{gathered['request_id']}-2"
    model.conclude(again["request_id"], "Succeeded", name)
    model.machines.ends("flights-retraining", name)
    assert model.resume() is None
    assert model.machines.names("flights-retraining") == ["x1", name]


@pytest.mark.parametrize("error", ["Canceled", "StackDeleted", "Teardown"])
def test_what_somebody_stopped_for_good_waits_for_the_next_start(model: Model, error: str) -> None:
    gathered = training(model, reason="because")
    killed(model, "x1", gathered, error=error)
    assert model.resume() is None
    assert model.gather("x2", reason="go on")["request_id"] == gathered["request_id"]
    model.dies("x2")
    # The one who went on was killed, and not for good.
    assert model.resume() == gathered["request_id"]


def test_a_retraining_killed_before_it_has_a_lease_is_started_again(model: Model) -> None:
    model.notes.record(DRIFT, model.now)
    name = model.resume()
    assert name is not None, "what noted it was killed before it started anything"
    model.dies(name)
    assert model.resume() == f"{name}-2", "killed before its first step"
    gathered = model.gather(f"{name}-2", noted=True)
    assert model.resume() is None
    model.dies(f"{name}-2")
    assert model.resume() == f"{name}-3", "killed while it waited"
    model.gather(f"{name}-3", noted=True)
    model.ask(gathered, f"{name}-3")
    model.dies(f"{name}-3")
    assert model.resume() == f"{name}-4", "killed with a lease and nothing claimed"
    again = model.gather(f"{name}-4", noted=True)
    assert model.ask(again, f"{name}-4") == "Held"


@pytest.mark.parametrize("claimed", [False, True])
def test_a_persons_retraining_that_was_killed_waits_for_no_other_ones_cool_down(
    model: Model, claimed: bool
) -> None:
    model.notes.record(DRIFT, model.now)
    waiting = model.resume()
    assert waiting is not None
    model.gather(waiting, noted=True)
    model.wait(minutes=5)
    if claimed:
        killed(model, "by-hand", training(model, "by-hand", reason="now"))
    else:
        model.gather("by-hand", reason="now")
        model.dies("by-hand")
    model.wait(minutes=1)
    name = model.resume()
    assert name == f"{waiting}-2", "not the one that waits"
    assert model.resume() == name
    gathered = model.gather(name, noted=True)
    assert model.resume() is None
    assert model.ask(gathered, name) == "Held"
    assert model.claim(gathered, name)["step"] == "Train"


def test_an_event_starts_what_a_person_left_though_another_one_waits(model: Model) -> None:
    model.notes.record(DRIFT, model.now)
    waiting = start_pending(model.notes, model.machines, arn("flights-retraining"))
    assert waiting is not None
    model.gather(waiting.rpartition(":")[2], noted=True)
    model.wait(minutes=5)
    killed(model, "by-hand", training(model, "by-hand", reason="now"))
    model.wait(minutes=1)
    assert start_pending(model.notes, model.machines, arn("flights-retraining")) == f"{waiting}-2"


def test_a_duplicate_of_a_persons_is_no_reason_to_start_another(model: Model) -> None:
    first, second = (model.gather(one, reason=one) for one in ("x1", "x2"))
    assert model.ask(second, "x2") == "Held"
    assert model.ask(first, "x1") == "Duplicate"
    model.conclude(first["request_id"], "Duplicate", "x1")
    model.machines.ends("flights-retraining", "x1")
    assert model.resume() is None


def test_a_failure_is_on_record_and_waits_for_an_event(model: Model) -> None:
    gathered = model.gather("x1", reason="a")
    model.conclude(gathered["request_id"], "Failed", "x1")
    model.machines.ends("flights-retraining", "x1", "FAILED")
    assert model.resume() is None


def test_one_that_failed_and_could_not_conclude_is_started_again(model: Model) -> None:
    gathered = training(model, reason="a")
    model.machines.ends("flights-retraining", "x1", "FAILED")
    assert model.resume() == gathered["request_id"]


def test_one_that_is_redriven_works_again(model: Model) -> None:
    gathered = training(model, reason="a")
    killed(model, "x1", gathered)
    model.machines.executions[arn("flights-retraining", "x1")]["status"] = "RUNNING"
    assert model.resume() is None


def test_an_execution_that_step_functions_has_forgotten_is_started_again(model: Model) -> None:
    gathered = training(model, reason="a")
    model.machines.executions.clear()
    assert model.resume() == gathered["request_id"]


def test_the_reaper_may_take_the_lease_before_and_the_next_goes_to_the_head_of_the_line(model: Model) -> None:
    gathered = training(model, reason="a")
    killed(model, "x1", gathered)
    # Another model holds what the dead one gave back, and a third one stands in line.
    for key in [key for key in model.table.items if key[0] == "FLEET#fleet"]:
        del model.table.items[key]
    plans = {name: {**model.plan, "model": name, "machine": arn(f"{name}-retraining")} for name in "ab"}
    for other, plan in plans.items():
        owner = model.machines.runs(f"{other}-retraining", "x")
        model.machines.waited.add(other)
        told = {"id": owner, "name": "x", "started_at": model.now.isoformat()}
        asked = {"request_id": other, "priority": 9}
        planning.handler(
            {"step": "ask", "plan": plan, "execution": told, "gathered": asked, "token": other}, None
        )
    name = model.resume()
    assert name is not None
    again = model.gather(name, noted=True)
    assert model.ask(again, name) == ""
    line = sorted(key[1] for key in model.table.items if key[1].startswith("QUEUE#"))
    assert [one.rpartition("#")[2] for one in line] == [gathered["request_id"], "b"]


def test_two_that_look_at_once_start_one(model: Model) -> None:
    gathered = training(model, reason="a")
    killed(model, "x1", gathered)
    found: list[str | None] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(
                resume_pending(model.notes, model.machines, arn("flights-retraining"))
            )
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {arn("flights-retraining", gathered["request_id"])}


def test_what_is_killed_again_and_again_is_given_up(model: Model, caplog: pytest.LogCaptureFixture) -> None:
    model.notes.record(DRIFT, model.now)
    for _ in range(MAX_STARTS):
        model.wait(hours=1)
        name = model.resume()
        assert name is not None
        model.gather(name, noted=True)
        model.dies(name)
    assert model.resume() is None
    assert f"started {MAX_STARTS} times" in caplog.text
    assert len(model.machines.names("flights-retraining")) == MAX_STARTS
    # An event of the model starts it all the same.
    model.wait(hours=1)
    model.notes.record(replace(DRIFT, event_id="later", at=model.now + timedelta(hours=1)), model.now)
    assert start_pending(model.notes, model.machines, arn("flights-retraining")) is not None
