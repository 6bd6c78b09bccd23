"""A month of a fleet in simulated time: the real leases, budget and gathering, and no training.

Every event is noted once. An execution gathers what was noted for its model, waits for more and for the
cool-down, asks for its lease, and trains when it has it; what came meanwhile is the next one's. Training is
time that passes, and some executions die in it without a word, as a killed one does.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from benchmarks.leased_table import FLEET, TABLE, Table
from benchmarks.month import START, Delivery
from lambdas.leases.fleet import TOO_LARGE, Fleet
from lambdas.leases.gathering import ON_REQUEST, Fired, Past, Retraining, gathered
from lambdas.leases.items import HELD, Items, Request
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience

REAP_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Chances:
    """How retrainings go.

    Attributes:
        minutes: the median time of a training, and `spread` the standard deviation of its logarithm.
        wins: how likely a challenger wins; the rest loses, and the cool-down grows.
        dies: how likely an execution is killed while it trains.
        large: share of the models that train on four instances instead of one.
    """

    minutes: float = 30
    spread: float = 0.6
    wins: float = 0.4
    dies: float = 0.01
    large: float = 0.1


@dataclass(kw_only=True)
class Execution:
    """One execution of a model's retraining machine."""

    owner: str
    model: int
    retraining: Retraining
    fired: tuple[Fired, ...] = ()
    asked_at: datetime | None = None
    is_held: bool = False


@dataclass(kw_only=True)
class Model:
    """What is noted of a model."""

    instances: int
    noted: dict[str, Fired] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    past: Past = field(default_factory=Past)
    execution: Execution | None = None


@dataclass(frozen=True, kw_only=True)
class Waited:
    """A retraining's time in line."""

    trigger: str
    line: timedelta
    since_first: timedelta


@dataclass(kw_only=True)
class Outcome:
    """What the month came to."""

    counts: Counter[str] = field(default_factory=Counter)
    waits: list[Waited] = field(default_factory=list)


class Simulation:
    """The month of a fleet."""

    def __init__(
        self, models: int, budget: Budget, patience: Patience, chances: Chances, seed: int = 1
    ) -> None:
        self.chance, self.chances, self.patience = random.Random(seed), chances, patience
        self.models = [
            Model(instances=4 if self.chance.random() < chances.large else 1) for _ in range(models)
        ]
        self.now, self.alive, self.waits = START, set[str](), dict[str, Execution]()
        self.table, self.outcome = Table(budget), Outcome()
        self._order, self._agenda = count(), list[tuple[datetime, int, Callable[[], None]]]()
        self.fleet = Fleet(
            dynamodb=self.table,
            items=Items(table=TABLE, fleet=FLEET),
            budget=budget,
            tell=self._tell,
            running=self.alive.__contains__,
            pause=lambda seconds: None,
        )

    def run(self, events: Sequence[Delivery]) -> Outcome:
        """Let everything come, and go on until nothing is left to do."""
        for event in events:
            self._at(event.at, partial(self._note, event))
        self._at(START + REAP_EVERY, self._reap)
        while self._agenda:
            self.now, _, act = heapq.heappop(self._agenda)
            act()
        return self.outcome

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), act))

    def _note(self, event: Delivery) -> None:
        model = self.models[event.model]
        self.outcome.counts["deliveries"] += 1
        if event.fired.event_id in model.known:
            self.outcome.counts["delivered again"] += 1
            return
        model.known.add(event.fired.event_id)
        model.noted[event.fired.event_id] = event.fired
        self.outcome.counts["triggers"] += 1
        self._start(event.model)

    def _start(self, number: int) -> None:
        """An execution for what is noted and nobody trains for; one that waits already goes on with it."""
        model = self.models[number]
        wanted = gathered(f"model-{number}", model.noted.values(), model.past, self.patience)
        running = model.execution
        if wanted is None or (running is not None and (running.is_held or running.asked_at is not None)):
            return
        if running is None:
            self.outcome.counts["executions"] += 1
            running = Execution(
                owner=f"execution-{self.outcome.counts['executions']}", model=number, retraining=wanted
            )
            model.execution = running
            self.alive.add(running.owner)
        elif wanted.starts_at >= running.retraining.starts_at:
            # It waits for the moment it was told; only somebody who asks comes earlier.
            return
        running.retraining = wanted
        self._at(max(self.now, wanted.starts_at), lambda: self._ask(running))

    def _ask(self, execution: Execution) -> None:
        model = self.models[execution.model]
        if execution.asked_at is not None or model.execution is not execution:
            return
        wanted = gathered(f"model-{execution.model}", model.noted.values(), model.past, self.patience)
        assert wanted is not None, "triggers go with an execution alone"
        execution.retraining, execution.asked_at = wanted, self.now
        token = f"{execution.owner}/{self.now.isoformat()}"
        self.waits[token] = execution
        request = Request(
            request_id=wanted.request_id,
            model=f"model-{execution.model}",
            owner=execution.owner,
            arrived=self.now,
            task_token=token,
            priority=wanted.priority,
            instances=model.instances,
        )
        self.fleet.ask(request, self.now)

    def _tell(self, token: str, answer: Mapping[str, str]) -> bool:
        """What a task token does: the execution goes on."""
        execution = self.waits.pop(token, None)
        if execution is None or execution.owner not in self.alive:
            return False
        if answer["lease"] == HELD:
            self._train(execution)
        else:
            assert answer["lease"] != TOO_LARGE, "every model fits into the budget"
            self.outcome.counts[answer["lease"]] += 1
            self._end(execution)
        return True

    def _train(self, execution: Execution) -> None:
        model = self.models[execution.model]
        assert execution.asked_at is not None
        execution.is_held = True
        execution.fired, model.noted = tuple(model.noted.values()), {}
        first = min(one.at for one in execution.fired)
        urgent = any(one.trigger == ON_REQUEST for one in execution.fired)
        self.outcome.counts["retrainings"] += 1
        self.outcome.counts["joined"] += len(execution.fired) - 1
        self.outcome.waits.append(
            Waited(
                trigger=ON_REQUEST if urgent else "other",
                line=self.now - execution.asked_at,
                since_first=self.now - first,
            )
        )
        took = timedelta(minutes=self.chances.minutes * self.chance.lognormvariate(0, self.chances.spread))
        if self.chance.random() < self.chances.dies:
            self._at(self.now + took * self.chance.random(), lambda: self._die(execution))
        else:
            self._at(self.now + took, lambda: self._conclude(execution))

    def _conclude(self, execution: Execution) -> None:
        model, won = self.models[execution.model], self.chance.random() < self.chances.wins
        self.outcome.counts["won" if won else "lost"] += 1
        model.past = model.past.after(won=won, at=self.now)
        self.fleet.release(execution.retraining.request_id, execution.owner, self.now)
        self._end(execution)

    def _end(self, execution: Execution) -> None:
        self.alive.discard(execution.owner)
        self.models[execution.model].execution = None
        self._start(execution.model)

    def _die(self, execution: Execution) -> None:
        self.outcome.counts["killed"] += 1
        self.alive.discard(execution.owner)

    def _reap(self) -> None:
        self.outcome.counts["taken back"] += self.fleet.reap(self.now)
        for model in self.models:
            dead = model.execution
            if dead is not None and dead.owner not in self.alive and not self._holds(dead):
                # What it had claimed is to be worked for.
                model.noted = {one.event_id: one for one in dead.fired} | model.noted
                self._end(dead)
        if self._agenda:
            self._at(self.now + REAP_EVERY, self._reap)

    def _holds(self, execution: Execution) -> bool:
        return (f"FLEET#{FLEET}", f"HOLDER#model-{execution.model}") in self.table.items
