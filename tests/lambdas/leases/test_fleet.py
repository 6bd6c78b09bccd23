from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from lambdas.leases.fleet import LeaseLost, LeasesBusy
from mdlc_constructs.settings.budget import Budget
from tests.lambdas.dynamodb import canceled
from tests.lambdas.fakes import client_error
from tests.lambdas.leasing import Fleets

TWO = Budget(jobs=2, instances=4)


def test_who_finds_room_is_told_at_once() -> None:
    fleets = Fleets(TWO)
    assert fleets.ask("r1", "a", "x1") == "Held"
    assert fleets.answers("x1") == ["Held"]
    assert (fleets.held(), fleets.line(), fleets.used()) == ({"a": "r1"}, [], (1, 1))


def test_a_storm_of_duplicates_gives_one_holder() -> None:
    fleets = Fleets(TWO)
    answers = [fleets.ask("r1", "a", f"x{number}") for number in range(50)]
    assert answers == ["Held"] + ["Duplicate"] * 49
    assert fleets.used() == (1, 1)
    assert all(fleets.answers(f"x{number}") == ["Duplicate"] for number in range(1, 50))
    fleets.release("r1", "x0")
    assert fleets.ask("r1", "a", "late") == "Ended"
    assert fleets.used() == (0, 0)


def test_one_model_retrains_once_at_a_time_and_others_pass_by() -> None:
    fleets = Fleets(TWO)
    fleets.ask("r1", "a", "x1")
    assert fleets.ask("r2", "a", "x2") == "Waiting"
    assert fleets.ask("r3", "b", "x3") == "Held"
    fleets.release("r1", "x1")
    assert fleets.held() == {"a": "r2", "b": "r3"}
    assert fleets.answers("x2") == ["Held"]


def test_the_line_is_served_by_priority_then_arrival() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r0", "m0", "x0")
    for number, priority in enumerate((0, 5, 5, 9), start=1):
        fleets.wait(seconds=1)
        fleets.ask(f"r{number}", f"m{number}", f"x{number}", priority)
    served = []
    while held := fleets.held():
        ((_, request),) = held.items()
        served.append(request)
        fleets.release(request, request.replace("r", "x"))
    assert served == ["r0", "r4", "r2", "r3", "r1"]


def test_nobody_is_passed_by_for_longer_than_a_priority_is_worth() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1, head_start=timedelta(minutes=10)))
    fleets.ask("r0", "m0", "x0")
    fleets.ask("humble", "m1", "x1", 0)
    fleets.wait(minutes=91)
    fleets.ask("great", "m2", "x2", 9)
    assert fleets.line() == ["humble", "great"]


def test_a_large_request_is_not_starved_by_small_ones_behind_it() -> None:
    fleets = Fleets(TWO)
    fleets.ask("r1", "a", "x1", instances=2)
    fleets.wait(seconds=1)
    assert fleets.ask("large", "b", "x2", instances=4) == "Waiting"
    fleets.wait(seconds=1)
    assert fleets.ask("small", "c", "x3", instances=1) == "Waiting"
    fleets.release("r1", "x1")
    assert fleets.held() == {"b": "large"}


def test_what_never_fits_is_told_so() -> None:
    fleets = Fleets(TWO)
    assert fleets.ask("r1", "a", "x1", instances=5) == "TooLarge"
    assert fleets.answers("x1") == ["TooLarge"]
    fleets.ask("r2", "a", "x2", instances=4)
    fleets.ask("r3", "b", "x3", instances=4)
    fleets.limit(Budget(jobs=2, instances=3))
    fleets.release("r2", "x2")
    assert fleets.answers("x3") == ["TooLarge"]
    assert (fleets.held(), fleets.line()) == ({}, [])


def test_a_dead_holders_share_comes_back_when_its_lease_ends() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1, lease=timedelta(minutes=30)))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "b", "x2")
    fleets.die("x1")
    fleets.wait(minutes=29)
    assert fleets.reap() == 0
    fleets.wait(minutes=1)
    assert fleets.reap() == 1
    assert (fleets.held(), fleets.answers("x2")) == ({"b": "r2"}, ["Held"])
    assert fleets.ask("r1", "a", "x3") == "Waiting"


def test_a_lease_that_cannot_be_looked_at_stops_no_other() -> None:
    fleets = Fleets(Budget(jobs=3, instances=3))
    for number in range(3):
        fleets.ask(f"r{number}", f"m{number}", f"x{number}")
    fleets.ask("waits", "m3", "x3")
    for dead in ("x0", "x1", "x2"):
        fleets.die(dead)

    def running(owner: str) -> bool:
        if owner == "x0":
            raise client_error("AccessDeniedException", owner)
        return owner in fleets.alive

    fleets.fleet = replace(fleets.fleet, running=running)
    fleets.wait(hours=2)
    with pytest.raises(ExceptionGroup, match="1 leases of team could not be looked at"):
        fleets.reap()
    assert fleets.held() == {"m0": "r0", "m3": "waits"}


def test_an_execution_that_outruns_its_lease_keeps_it() -> None:
    fleets = Fleets(TWO)
    fleets.ask("r1", "a", "x1")
    fleets.wait(days=1)
    assert fleets.reap() == 0
    assert fleets.held() == {"a": "r1"}
    fleets.die("x1")
    assert fleets.reap() == 0  # it was renewed
    fleets.wait(hours=1)
    assert fleets.reap() == 1


def test_only_its_owner_gives_a_lease_back_and_only_once() -> None:
    fleets = Fleets(TWO)
    fleets.ask("r1", "a", "x1")
    with pytest.raises(LeaseLost, match="r1 is held by x1, not by x2"):
        fleets.release("r1", "x2")
    for _ in range(2):
        fleets.release("r1", "x1")
    fleets.release("never asked", "x1")
    assert fleets.used() == (0, 0)


def test_another_execution_goes_on_where_a_dead_one_stood() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "b", "x2")
    fleets.die("x1")
    assert fleets.ask("r1", "a", "x3") == "Held"
    fleets.die("x2")
    assert fleets.ask("r2", "b", "x4") == "Waiting"
    assert fleets.line() == ["r2"]
    fleets.release("r1", "x3")
    assert fleets.answers("x4") == ["Held"]
    assert fleets.used() == (1, 1)


def test_a_repeated_attempt_waits_with_its_new_token() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    assert fleets.ask("r1", "a", "x1") == "Held"
    assert fleets.answers("x1") == ["Held", "Held"]
    fleets.ask("r2", "b", "x2")
    assert fleets.ask("r2", "b", "x2") == "Waiting"
    fleets.release("r1", "x1")
    assert fleets.answers("x2") == ["Held"]


def test_a_place_in_line_can_be_given_up() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "b", "x2")
    fleets.release("r2", "x2")
    assert (fleets.line(), fleets.used()) == ([], (1, 1))


def test_who_died_in_line_is_passed_by() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    for number in range(3):
        fleets.ask(f"r{number}", f"m{number}", f"x{number}")
        fleets.wait(seconds=1)
    fleets.die("x1")
    fleets.release("r0", "x0")
    assert fleets.held() == {"m2": "r2"}


def test_who_rests_keeps_its_model_and_lets_others_use_the_budget() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "a", "x2")
    fleets.ask("r3", "b", "x3")
    for _ in range(2):
        fleets.fleet.release_capacity("r1", "x1", fleets.now)
    assert (fleets.held(), fleets.used()) == ({"a": "r1", "b": "r3"}, (1, 1))
    fleets.release("r1", "x1")
    assert fleets.used() == (1, 1)
    fleets.release("r3", "x3")
    assert (fleets.held(), fleets.used()) == ({"a": "r2"}, (1, 1))


def test_one_that_rests_is_taken_over_and_taken_back_with_nothing_of_the_budget() -> None:
    for ends in ("taken over", "reaped"):
        fleets = Fleets(Budget(jobs=1, instances=1))
        fleets.ask("r1", "a", "x1")
        fleets.fleet.release_capacity("r1", "x1", fleets.now)
        fleets.die("x1")
        if ends == "reaped":
            fleets.wait(hours=1)
            assert fleets.reap() == 1
        else:
            assert fleets.ask("r1", "a", "x2") == "Held"
            fleets.release("r1", "x2")
        assert (fleets.held(), fleets.used()) == ({}, (0, 0))


@pytest.mark.parametrize(("request_id", "owner"), [("r1", "x2"), ("r2", "x3"), ("never", "x1")])
def test_only_a_holder_rests(request_id: str, owner: str) -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "b", "x3")
    with pytest.raises(LeaseLost, match=f"{request_id} is not held by {owner} any more"):
        fleets.fleet.release_capacity(request_id, owner, fleets.now)


def test_who_puts_off_is_forgotten_and_may_ask_again() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "b", "x2")
    fleets.fleet.requeue("r2", "x2", fleets.now)
    assert fleets.line() == []
    fleets.ask("r2", "b", "x2")
    fleets.fleet.requeue("r1", "another", fleets.now)
    assert fleets.held() == {"a": "r1"}
    fleets.fleet.requeue("r1", "x1", fleets.now)
    assert fleets.held() == {"b": "r2"}
    assert fleets.ask("r1", "a", "x1") == "Waiting"
    fleets.fleet.requeue("never asked", "x1", fleets.now)


def test_a_models_next_request_does_not_wait_for_a_dead_ones_lease_to_end() -> None:
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.die("x1")
    assert fleets.ask("r2", "b", "x2") == "Waiting"
    assert fleets.ask("r3", "a", "x3") == "Waiting"
    assert fleets.held() == {"b": "r2"}


class Killed(Exception):
    pass


def test_a_duplicate_that_finds_the_holder_dead_lets_the_first_one_go() -> None:
    fleets = Fleets(TWO)
    fleets.ask("r1", "a", "x1")
    assert fleets.ask("r2", "a", "x2") == "Waiting"
    fleets.die("x1")
    assert fleets.ask("r2", "a", "x3") == "Duplicate"
    assert (fleets.held(), fleets.used()) == ({"a": "r2"}, (1, 1))
    assert fleets.answers("x2") == ["Held"]


@pytest.mark.parametrize("minutes", [1, 120])
def test_a_grant_that_was_never_told_is_told_by_the_reaper(minutes: int) -> None:
    fleets = Fleets(TWO)
    seen: list[str] = []

    def killed(call: str) -> None:
        seen.append(call)
        if call == "get_item" and seen.count("transact_write_items") == 2:
            raise Killed

    fleets.table.before = killed
    with pytest.raises(Killed):
        fleets.ask("r1", "a", "x1")
    fleets.table.before = lambda call: None
    assert (fleets.held(), fleets.answers("x1")) == ({"a": "r1"}, [])
    fleets.wait(minutes=minutes)
    fleets.reap()
    fleets.reap()
    assert fleets.answers("x1") == ["Held"]


def test_one_that_took_a_lease_over_and_was_never_told_is_told_by_the_reaper() -> None:
    fleets = Fleets(TWO)
    fleets.ask("r1", "a", "x1")
    fleets.die("x1")
    written = False

    def killed(call: str) -> None:
        nonlocal written
        if written:
            raise Killed
        written = call == "transact_write_items"

    fleets.table.before = killed
    with pytest.raises(Killed):
        fleets.ask("r1", "a", "x2")
    fleets.table.before = lambda call: None
    fleets.reap()
    assert (fleets.held(), fleets.answers("x2")) == ({"a": "r1"}, ["Held"])


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_a_conflict_is_tried_again_and_anything_else_is_told(code: str) -> None:
    fleets = Fleets(TWO)
    faults = [canceled("None", code)]

    def fails(call: str) -> None:
        if call == "transact_write_items" and faults:
            raise faults.pop()

    fleets.table.before = fails
    if code == "TransactionConflict":
        assert fleets.ask("r1", "a", "x1") == "Held"
    else:
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            fleets.ask("r1", "a", "x1")


def test_what_never_gets_through_gives_up() -> None:
    fleets = Fleets(TWO)

    def fails(call: str) -> None:
        if call == "transact_write_items":
            raise canceled("TransactionConflict")

    fleets.table.before = fails
    with pytest.raises(LeasesBusy, match="The leases of team changed 200 times"):
        fleets.ask("r1", "a", "x1")
