"""Simulates a month of a fleet with the real Lambda functions of the retraining machine, but without jobs.

A trigger event is recorded and starts an execution. The execution goes through the same states as in the
state machine, and where a state calls a function, its handler runs. Training and release only take simulated
time; some executions are killed during it.
"""

import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

from benchmarks.leased_table import FLEET, TABLE, LeasedTable
from benchmarks.month import START, Delivery
from benchmarks.started import Started, Token
from lambdas.functions.plan_retraining import handler as planning
from lambdas.functions.reap_leases import handler as reaping
from lambdas.triggers.coalescing import ON_REQUEST
from lambdas.triggers.starting import resume_pending, start_pending
from lambdas.triggers.store import TrainingData, TriggerStore
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.training_window import SlidingWindow, window_to_payload

REAP_EVERY = timedelta(minutes=15)
REAPS_A_RESUME = 4
"""The rule that restarts killed retrainings is scheduled every hour."""
RELEASE = timedelta(minutes=20)

TO_WAIT = ("Begin", "CoalesceTriggers", "TriggersCoalesced", "WaitForMore")
TO_LEASE = ("AskLease", "LeaseVerdict")
TO_CLAIM = ("Claim", "Claimed")
TO_WAIT_AGAIN = ("WaitForMore",)
TO_TRAINED = ("PublishStart", "Train")
TO_VERDICT = ("TrainVerdict",)
TO_WON = ("ReleaseCapacity", "ApprovalNeeded", "ReleaseNeeded", "Release", "ReleaseVerdict", "Won")
TO_DUPLICATE = ("Duplicate",)
TO_END = ("RecordAudit", "Conclude", "PublishEvent")
"""The states of the machine that an execution enters between two waits."""


@dataclass(frozen=True, kw_only=True)
class Chances:
    """The random distributions of retrainings.

    Attributes:
        minutes: the median duration of a training.
        spread: the standard deviation of the duration's logarithm.
        wins: the probability that a challenger wins; otherwise it loses, and the cool-down grows.
        dies: the probability that an execution is killed during training.
        large: the share of models that train on four instances instead of one.
    """

    minutes: float = 30
    spread: float = 0.6
    wins: float = 0.4
    dies: float = 0.01
    large: float = 0.1


@dataclass(frozen=True, kw_only=True)
class Waited:
    """How long a retraining waited: in the queue, since its first trigger, and since a manual request."""

    line: timedelta
    since_first: timedelta
    since_asked: timedelta | None


@dataclass(kw_only=True)
class Outcome:
    """The counts and waiting times of the month."""

    counts: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    waits: list[Waited] = field(default_factory=list)
    resumed: list[timedelta] = field(default_factory=list)


class Simulation:
    """A simulated month of a fleet."""

    def __init__(
        self, models: int, budget: Budget, patience: Patience, chances: Chances, seed: int = 1
    ) -> None:
        self.probability, self.chances, self.now = random.Random(seed), chances, START
        self.budget, self.table, self.outcome = budget, LeasedTable(budget), Outcome()
        self.started = Started(on_start=self._begin, on_token=self._token_sent, now=lambda: self.now)
        self.plans = [
            {
                "model": f"model-{number}",
                "table": TABLE,
                "machine": _machine(number, "retraining"),
                "training": _machine(number, "training"),
                "release": _machine(number, "release"),
                "dataset": f"s3://bucket/model-{number}/",
                "patience": encode(patience.to_payload()),
                "window": encode(
                    window_to_payload(SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=7)))
                ),
                "label_delay": 86400,
                "by_time": True,
                "priority": 5,
                "instances": 4 if self.probability.random() < chances.large else 1,
                "fleet": self._fleet(),
            }
            for number in range(models)
        ]
        self._by_machine = {str(plan["machine"]): plan for plan in self.plans}
        self._died: dict[str, datetime] = {}
        self._order, self._agenda = count(), list[tuple[datetime, int, Callable[[], None]]]()

    def run(self, events: Sequence[Delivery]) -> Outcome:
        """Deliver all events and simulate until nothing is left to do; returns the result."""
        for event in events:
            self._at(event.at, partial(self._deliver, event))
        self._at(START + REAP_EVERY, self._reap)
        with self._deployed():
            while self._agenda:
                self.now, _, act = heapq.heappop(self._agenda)
                act()
        return self.outcome

    @contextmanager
    def _deployed(self) -> Iterator[None]:
        """Patch the functions' modules with this simulation's clock, table and Step Functions."""
        clients: dict[str, Any] = {"dynamodb": self.table, "stepfunctions": self.started, "s3": None}
        planning.logger.setLevel("ERROR")
        reaping.logger.setLevel("ERROR")
        with (
            patch.object(planning, "client", clients.__getitem__),
            patch.object(reaping, "client", clients.__getitem__),
            patch.object(planning, "utc_now", lambda: self.now),
            patch.object(reaping, "utc_now", lambda: self.now),
            patch.object(planning, "dataset_size", lambda s3, uri: TrainingData(files=1, size=1)),
        ):
            yield

    def _fleet(self) -> dict[str, object]:
        return {"table": TABLE, "name": FLEET, "budget": encode(self.budget.to_payload())}

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), act))

    def _deliver(self, event: Delivery) -> None:
        """Handle an event as a rule's function does; a manual request starts the machine directly."""
        plan = self.plans[event.model]
        self.outcome.counts["deliveries"] += 1
        if event.fired.trigger == ON_REQUEST:
            self.outcome.counts["triggers"] += 1
            self.started.start_by_hand(str(plan["machine"]), event.fired.event_id.replace(" ", "-"))
            return
        self.outcome.calls["RecordTrigger"] += 1
        notes = TriggerStore(dynamodb=self.table, table=TABLE, model=str(plan["model"]))
        new = notes.record(event.fired, self.now)
        self.outcome.counts["triggers" if new else "delivered again"] += 1
        start_pending(notes, self.started, str(plan["machine"]))

    def _reap(self) -> None:
        self.outcome.calls["ReapLeases"] += 1
        self.outcome.counts["taken back"] += reaping.handler(self._fleet(), None)["evicted"]
        resumes = self.outcome.calls["ReapLeases"] % REAPS_A_RESUME == 0
        if resumes:
            self._resume()
        if self._agenda or self.table.is_held or not resumes:
            self._at(self.now + REAP_EVERY, self._reap)

    def _resume(self) -> None:
        """Run each model's rule that restarts killed retrainings."""
        for plan in self.plans:
            self.outcome.calls["RecordTrigger"] += 1
            notes = TriggerStore(dynamodb=self.table, table=TABLE, model=str(plan["model"]))
            if resume_pending(notes, self.started, str(plan["machine"])) is not None:
                self.outcome.counts["started again"] += 1

    def _call(self, arn: str, step: str, **fields: Any) -> dict[str, Any]:
        self.outcome.calls["PlanRetraining"] += 1
        execution = self.started.executions[arn]
        about = {"id": arn, "name": execution.name, "started_at": execution.started_at.isoformat()}
        plan = self._by_machine[execution.machine]
        answer: dict[str, Any] = planning.handler(
            {"step": step, "plan": plan, "execution": about, **fields}, None
        )
        return answer

    def _pass(self, *names: str) -> None:
        self.outcome.states.update(names)

    def _begin(self, arn: str) -> None:
        self.outcome.counts["executions"] += 1
        # The caller continues first: a function call ends before the first state of its execution.
        self._at(self.now, partial(self._coalesce, arn))

    def _coalesce(self, arn: str) -> None:
        self._pass(*TO_WAIT[:3])
        coalesced = self._call(arn, "gather", input=self.started.executions[arn].input)
        if coalesced["step"] == "Nothing":
            self._end(arn, {"request_id": ""}, "Duplicate")
            return
        self._wait(arn, coalesced)

    def _wait(self, arn: str, coalesced: dict[str, Any]) -> None:
        self._pass(*TO_WAIT_AGAIN)
        self._at(self.now + timedelta(seconds=coalesced["seconds"]), partial(self._ask, arn, coalesced))

    def _ask(self, arn: str, coalesced: dict[str, Any]) -> None:
        self._pass(*TO_LEASE)
        token = self.started.token(arn, {"coalesced": coalesced, "asked_at": self.now})
        self._call(arn, "ask", gathered=coalesced, token=token)

    def _token_sent(self, token: Token, answer: Mapping[str, Any]) -> None:
        self._at(self.now, partial(self._leased, token, answer["lease"]))

    def _leased(self, token: Token, lease: str) -> None:
        coalesced = token.about["coalesced"]
        if lease != "Held":
            assert lease != "TooLarge", "every model fits into the budget"
            self._end(token.arn, coalesced, "Duplicate")
            return
        self._pass(*TO_CLAIM)
        claimed = self._call(token.arn, "claim", gathered=coalesced)
        if claimed["step"] == "Wait":
            self._wait(token.arn, claimed)
        elif claimed["step"] == "Nothing":
            self._end(token.arn, coalesced, "Duplicate")
        else:
            self._train(token, coalesced, claimed)

    def _train(self, token: Token, coalesced: dict[str, Any], claimed: dict[str, Any]) -> None:
        triggers = json.loads(claimed["triggers"])
        first = min(datetime.fromisoformat(trigger["at"]) for trigger in triggers)
        asked = [
            datetime.fromisoformat(trigger["at"]) for trigger in triggers if trigger["trigger"] == ON_REQUEST
        ]
        self.outcome.counts["retrainings"] += 1
        self.outcome.counts["joined"] += len(triggers) - 1
        self.outcome.waits.append(
            Waited(
                line=self.now - token.about["asked_at"],
                since_first=self.now - first,
                since_asked=self.now - min(asked) if asked else None,
            )
        )
        if (died := self._died.pop(coalesced["request_id"], None)) is not None:
            self.outcome.resumed.append(self.now - died)
        if claimed["step"] == "Trained":
            self._trained(token.arn, coalesced, claimed["training"]["arn"])
            return
        self._pass(*TO_TRAINED)
        training = self.started.run(claimed["training"]["arn"], claimed["training"]["input"])
        took = timedelta(
            minutes=self.chances.minutes * self.probability.lognormvariate(0, self.chances.spread)
        )
        if self.probability.random() < self.chances.dies:
            self._at(
                self.now + took * self.probability.random(),
                partial(self._die, token.arn, coalesced, training),
            )
        else:
            self._at(self.now + took, partial(self._trained, token.arn, coalesced, training))

    def _trained(self, arn: str, coalesced: dict[str, Any], training: str) -> None:
        won = self.probability.random() < self.chances.wins
        self.started.end(training, {"outcome": "Succeeded", "passed": "true" if won else "false", "run": "r"})
        self._pass(*TO_VERDICT)
        if not won:
            self._end(arn, coalesced, "Lost")
            return
        self._call(arn, "rest", gathered=coalesced)
        self._pass(*TO_WON)
        self._at(self.now + RELEASE, partial(self._end, arn, coalesced, "Succeeded"))

    def _die(self, arn: str, coalesced: dict[str, Any], training: str) -> None:
        """Kill an execution; the training execution that it waits for is stopped too."""
        self.outcome.counts["killed"] += 1
        self._died[coalesced["request_id"]] = self.now
        self.started.stop(training)
        self.started.stop(arn)

    def _end(self, arn: str, coalesced: Mapping[str, Any], outcome: str) -> None:
        self._pass(*(TO_DUPLICATE if outcome == "Duplicate" else ()), *TO_END)
        self.outcome.counts[outcome] += 1
        self._call(
            arn,
            "conclude",
            request_id=coalesced["request_id"],
            outcome=outcome,
            counted={"files": 1, "size": 1},
            rows="1",
        )
        self.started.end(arn, {"outcome": outcome})


def _machine(number: int, workflow: str) -> str:
    return f"arn:aws:states:us-east-1:000000000000:stateMachine:model-{number}-{workflow}"
