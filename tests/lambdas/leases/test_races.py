"""What holds whatever happens: functions that race, and functions killed between any two calls."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lambdas.leases.fleet import LeaseLost
from mdlc_constructs.settings.budget import Budget
from tests.examples_tried import examples
from tests.lambdas.leasing import Fleets

pytestmark = pytest.mark.slow

JOBS, INSTANCES, MODELS = 2, 4, 4
BUDGET = Budget(jobs=JOBS, instances=INSTANCES, head_start=timedelta(minutes=1), lease=timedelta(minutes=10))


class Killed(Exception):
    pass


class Racing(RuleBasedStateMachine):
    """Requests are numbered; so is the execution that first asks for each, and those that repeat it."""

    def __init__(self) -> None:
        super().__init__()
        self.fleets = Fleets(BUDGET)
        self.size: dict[str, int] = {}
        self.model: dict[str, str] = {}
        self.executions = 0
        self.pending: Callable[[], None] | None = None
        self.unsettled = False

    def owner_of(self, request_id: str) -> str | None:
        item = self.fleets.table.items.get(("FLEET#team", f"REQUEST#{request_id}"))
        return item["owner_arn"]["S"] if item else None

    def asking(self, request_id: str, model: int, priority: int, instances: int) -> Callable[[], object]:
        self.executions += 1
        owner = f"x{self.executions}"
        self.size.setdefault(request_id, instances)
        self.model.setdefault(request_id, f"m{model}")
        return lambda: self.fleets.ask(
            request_id, self.model[request_id], owner, priority, self.size[request_id]
        )

    def releasing(self, request_id: str) -> Callable[[], object]:
        def release() -> None:
            try:
                self.fleets.release(request_id, owner)
            except LeaseLost:
                assert self.owner_of(request_id) != owner

        owner = self.owner_of(request_id) or "nobody"
        return release

    def resting(self, request_id: str, *, puts_off: bool) -> Callable[[], object]:
        def rest() -> None:
            if puts_off:
                self.fleets.fleet.requeue(request_id, owner, self.fleets.now)
                return
            try:
                self.fleets.fleet.release_capacity(request_id, owner, self.fleets.now)
            except LeaseLost:
                assert owner not in self.fleets.alive or request_id not in self.fleets.held().values()

        owner = self.owner_of(request_id) or "nobody"
        return rest

    def weight(self, request_id: str) -> tuple[int, int]:
        """What a holder counts for: nothing of the budget while it rests."""
        item = self.fleets.table.items["FLEET#team", f"REQUEST#{request_id}"]
        return (0, 0) if "rested_at" in item else (1, self.size[request_id])

    def run(
        self, work: Callable[[], object], *, calls: int | None, other: Callable[[], object] | None
    ) -> None:
        """Work, and before one of its calls either another function's whole work, or its own end."""
        left = calls

        def before(call: str) -> None:
            nonlocal left
            if left is None:
                return
            left -= 1
            if left < 0:
                left = None
                if other is None:
                    self.unsettled = True
                    raise Killed
                other()

        self.fleets.table.before = before
        try:
            work()
        except Killed:
            pass
        finally:
            self.fleets.table.before = lambda call: None

    requests = st.sampled_from([f"r{number}" for number in range(8)])
    asked = st.tuples(requests, st.integers(0, MODELS - 1), st.integers(0, 9), st.integers(1, INSTANCES))
    moment = st.integers(0, 25)

    @rule(asked=asked)
    def ask(self, asked: tuple[str, int, int, int]) -> None:
        self.run(self.asking(*asked), calls=None, other=None)

    @rule(asked=asked, calls=moment)
    def ask_and_be_killed(self, asked: tuple[str, int, int, int], calls: int) -> None:
        self.run(self.asking(*asked), calls=calls, other=None)

    @rule(asked=asked, meanwhile=asked, calls=moment)
    def two_ask(
        self, asked: tuple[str, int, int, int], meanwhile: tuple[str, int, int, int], calls: int
    ) -> None:
        self.run(self.asking(*asked), calls=calls, other=self.asking(*meanwhile))

    @rule(request_id=requests)
    def release(self, request_id: str) -> None:
        self.run(self.releasing(request_id), calls=None, other=None)

    @rule(request_id=requests, calls=moment)
    def release_and_be_killed(self, request_id: str, calls: int) -> None:
        self.run(self.releasing(request_id), calls=calls, other=None)

    @rule(request_id=requests, calls=moment, puts_off=st.booleans())
    def rest_and_be_killed(self, request_id: str, calls: int, puts_off: bool) -> None:
        self.run(self.resting(request_id, puts_off=puts_off), calls=calls, other=None)

    @rule(request_id=requests, asked=asked, calls=moment, puts_off=st.booleans())
    def rest_while_another_asks(
        self, request_id: str, asked: tuple[str, int, int, int], calls: int, puts_off: bool
    ) -> None:
        self.run(self.resting(request_id, puts_off=puts_off), calls=calls, other=self.asking(*asked))

    @rule(request_id=requests, asked=asked, calls=moment)
    def ask_while_another_releases(
        self, request_id: str, asked: tuple[str, int, int, int], calls: int
    ) -> None:
        self.run(self.asking(*asked), calls=calls, other=self.releasing(request_id))

    @rule(request_id=requests, calls=moment)
    def release_while_reaping(self, request_id: str, calls: int) -> None:
        self.run(self.fleets.reap, calls=calls, other=self.releasing(request_id))

    @rule(asked=asked, calls=moment)
    def reap_while_another_asks(self, asked: tuple[str, int, int, int], calls: int) -> None:
        self.run(self.asking(*asked), calls=calls, other=self.fleets.reap)

    @rule(calls=moment)
    def reap_and_be_killed(self, calls: int) -> None:
        self.run(self.fleets.reap, calls=calls, other=None)

    @rule()
    def reap(self) -> None:
        self.fleets.reap()
        self.unsettled = False

    @rule(request_id=requests)
    def an_execution_dies(self, request_id: str) -> None:
        owner = self.owner_of(request_id)
        if owner:
            self.fleets.die(owner)

    @rule(minutes=st.integers(1, 15))
    def time_goes_on(self, minutes: int) -> None:
        self.fleets.wait(minutes=minutes)

    # What holds at all times.

    @invariant()
    def the_budget_is_kept_and_what_is_used_is_what_is_held(self) -> None:
        weights = [self.weight(request_id) for request_id in self.fleets.held().values()]
        used = (sum(jobs for jobs, _ in weights), sum(instances for _, instances in weights))
        assert self.fleets.used() == used
        assert used[0] <= JOBS and used[1] <= INSTANCES

    @invariant()
    def every_request_stands_in_one_place(self) -> None:
        held, line = list(self.fleets.held().values()), self.fleets.line()
        assert len({*held, *line}) == len(held) + len(line)
        status = {
            item["request_id"]["S"]: item["lease_status"]["S"]
            for (_, sort_key), item in self.fleets.table.items.items()
            if sort_key.startswith("REQUEST#")
        }
        assert {name for name, stands in status.items() if stands == "Held"} == set(held)
        assert {name for name, stands in status.items() if stands == "Waiting"} == set(line)
        assert all(self.model[request_id] == model for model, request_id in self.fleets.held().items())

    @precondition(lambda self: not self.unsettled)
    @invariant()
    def nobody_waits_who_could_go(self) -> None:
        held = self.fleets.held()
        free = [name for name in self.fleets.line() if self.model[name] not in held]
        if free:
            jobs, instances = self.fleets.used()
            assert jobs == JOBS or instances + self.size[free[0]] > INSTANCES

    @precondition(lambda self: not self.unsettled)
    @invariant()
    def who_holds_and_lives_was_told(self) -> None:
        for request_id in self.fleets.held().values():
            owner = self.owner_of(request_id)
            assert owner is not None
            assert owner not in self.fleets.alive or "Held" in self.fleets.answers(owner)

    def teardown(self) -> None:
        """When everybody dies or ends, the line is served to its end and all comes back."""
        self.fleets.reap()
        for _ in range(len(self.size) + 1):
            for request_id in [*self.fleets.held().values()]:
                self.releasing(request_id)()
        assert (self.fleets.held(), self.fleets.line(), self.fleets.used()) == ({}, [], (0, 0))


TestRacing = Racing.TestCase
TestRacing.settings = settings(max_examples=examples(60), stateful_step_count=30)


def test_the_line_is_served_in_order_until_it_is_empty() -> None:
    """Without races the order is exact: rank by rank, whoever arrives and leaves meanwhile."""
    fleets = Fleets(Budget(jobs=3, instances=3, head_start=timedelta(minutes=5)))
    for number in range(60):
        fleets.ask(f"r{number:02}", f"m{number}", f"x{number:02}", priority=number * 7 % 10)
        fleets.wait(seconds=20)
    while fleets.held():
        line = fleets.line()
        first = next(iter(fleets.held().values()))
        fleets.release(first, first.replace("r", "x"))
        assert fleets.line() == line[1:]
        if line:
            assert line[0] in fleets.held().values()
    assert len(fleets.told) == 60


def killed_at(calls: int) -> bool:
    """Whether a release was killed before that call of it; its repetition and the reaper make it good."""
    fleets = Fleets(Budget(jobs=1, instances=1))
    fleets.ask("r1", "a", "x1")
    fleets.ask("r2", "b", "x2")
    left = calls

    def before(call: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    fleets.table.before = before
    killed = False
    try:
        fleets.release("r1", "x1")
    except Killed:
        killed = True
    fleets.table.before = lambda call: None
    fleets.release("r1", "x1")
    fleets.reap()
    assert (fleets.held(), fleets.used()) == ({"b": "r2"}, (1, 1))
    assert fleets.answers("x2") == ["Held"]
    return killed


def test_a_function_killed_anywhere_loses_nobody() -> None:
    calls = next(number for number in range(100) if not killed_at(number))
    assert calls > 5


def raced(
    prepare: Callable[[Fleets], object], work: Callable[[Fleets], object], other: Callable[[Fleets], object]
) -> Iterator[Fleets]:
    """The fleet after two functions, the second one run whole before each call of the first in turn."""
    for position in range(100):
        fleets = Fleets(BUDGET)
        prepare(fleets)
        seen = 0

        def before(call: str, fleets: Fleets = fleets, position: int = position) -> None:
            nonlocal seen
            seen += 1
            if seen == position + 1:
                other(fleets)

        fleets.table.before = before
        work(fleets)
        fleets.table.before = lambda call: None
        if seen <= position:
            return
        yield fleets


def test_two_that_do_not_fit_together_never_hold_together() -> None:
    for fleets in raced(
        lambda fleets: None,
        lambda fleets: fleets.ask("r1", "a", "x1", instances=3),
        lambda fleets: fleets.ask("r2", "b", "x2", priority=1, instances=3),
    ):
        assert fleets.used() == (1, 3)
        assert len(fleets.line()) == 1


def test_two_requests_of_one_model_never_hold_together() -> None:
    for fleets in raced(
        lambda fleets: None,
        lambda fleets: fleets.ask("r1", "a", "x1"),
        lambda fleets: fleets.ask("r2", "a", "x2", priority=1),
    ):
        assert fleets.used() == (1, 1)
        assert [*fleets.held().values(), *fleets.line()] in (["r1", "r2"], ["r2", "r1"])


@pytest.mark.parametrize("instances", [1, 4])
def test_of_two_that_take_a_dead_ones_place_one_gets_it(instances: int) -> None:
    def died(fleets: Fleets) -> None:
        fleets.ask("r0", "z", "x0", instances=instances)
        fleets.ask("r1", "a", "x1")
        fleets.die("x1")

    for fleets in raced(
        died, lambda fleets: fleets.ask("r1", "a", "x2"), lambda fleets: fleets.ask("r1", "a", "x3")
    ):
        fleets.release("r0", "x0")
        answers = {name: fleets.answers(name) for name in ("x2", "x3")}
        assert sorted(answers.values()) == [["Duplicate"], ["Held"]]
