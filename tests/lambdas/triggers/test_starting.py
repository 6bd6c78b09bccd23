from dataclasses import replace
from datetime import timedelta

from lambdas.triggers.starting import FOR_PENDING, abandoned, start_pending
from lambdas.triggers.store import TriggerStore
from tests.lambdas.machines import FakeStepFunctions, arn
from tests.lambdas.triggers.test_store import FIRED, NOW, notes

MACHINE = arn("flights-retraining")
LATER = replace(FIRED, event_id="later", at=NOW + timedelta(hours=1))


def noted(*fired: object) -> TriggerStore:
    made = notes()
    for one in fired:
        made.record(one, NOW)  # type: ignore[arg-type]
    return made


def test_nothing_noted_starts_nothing() -> None:
    machines = FakeStepFunctions()
    assert start_pending(notes(), machines, MACHINE) is None
    assert machines.executions == {}


def test_all_that_waits_is_one_execution_named_by_the_first() -> None:
    machines, made = FakeStepFunctions(), noted(FIRED)
    first = start_pending(made, machines, MACHINE)
    made.record(LATER, NOW)
    assert start_pending(made, machines, MACHINE) == first
    (execution,) = machines.executions.values()
    assert execution["input"] == '{"noted": true}'
    assert FOR_PENDING == {"noted": True}


def test_what_comes_while_a_retraining_works_is_the_next_one() -> None:
    machines, made = FakeStepFunctions(), noted(FIRED)
    first = start_pending(made, machines, MACHINE)
    assert first is not None
    made.claim(made.pending(), "r", first)
    assert start_pending(made, machines, MACHINE) is None
    made.record(LATER, NOW)
    assert start_pending(made, machines, MACHINE) not in (None, first)


def test_what_a_dead_execution_left_goes_first() -> None:
    machines, made = FakeStepFunctions(), noted(FIRED, LATER)
    dead = machines.ends("flights-retraining", "r", "ABORTED")
    made.claim(made.pending()[:1], "r", dead)
    assert [one.event for one in abandoned(made.pending(), lambda owner: owner != dead)] == [FIRED]
    assert start_pending(made, machines, MACHINE) == arn("flights-retraining", "r-2")


def test_an_execution_that_ends_starts_another_for_what_waits() -> None:
    machines, made = FakeStepFunctions(), noted(FIRED)
    first = start_pending(made, machines, MACHINE)
    assert first is not None
    assert start_pending(made, machines, MACHINE, besides=first) == f"{first}-2"
