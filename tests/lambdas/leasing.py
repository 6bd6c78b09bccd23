"""A fleet with its executions in memory: who runs, who waits by which token, and what each was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lambdas.leases.fleet import FleetLeases
from lambdas.leases.items import Items
from lambdas.leases.requests import LeaseRequest
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.payloads.retraining import LeaseAnswer
from tests.lambdas.dynamodb import FakeDynamoDB

START = datetime(2026, 1, 1, tzinfo=UTC)


class Fleets:
    """Executions are named by their owner's name; a token is an owner's number of attempts."""

    def __init__(self, budget: Budget) -> None:
        self.now = START
        self.table = FakeDynamoDB()
        self.alive: set[str] = set()
        self.waits: dict[str, str] = {}
        self.told: list[tuple[str, LeaseAnswer]] = []
        self.fleet = FleetLeases(
            dynamodb=self.table,
            items=Items(table="audit", fleet="team"),
            budget=budget,
            notify=self.tell,
            running=self.alive.__contains__,
            pause=lambda seconds: None,
        )

    def limit(self, budget: Budget) -> None:
        self.fleet = replace(self.fleet, budget=budget)

    def tell(self, token: str, answer: LeaseAnswer) -> bool:
        """Step Functions ends a wait once."""
        owner = self.waits.pop(token, None)
        if owner is None or owner not in self.alive:
            return False
        self.told.append((owner, answer))
        return True

    def ask(self, request_id: str, model: str, owner: str, priority: int = 0, instances: int = 1) -> str:
        self.alive.add(owner)
        for token in [token for token, waiting in self.waits.items() if waiting == owner]:
            del self.waits[token]
        token = f"{owner}/{len(self.table.calls)}"
        self.waits[token] = owner
        request = LeaseRequest(
            request_id=request_id,
            model=model,
            owner=owner,
            arrived=self.now,
            task_token=token,
            priority=priority,
            instances=instances,
        )
        return self.fleet.acquire(request, self.now)

    def release(self, request_id: str, owner: str) -> None:
        self.fleet.release(request_id, owner, self.now)

    def reap(self) -> int:
        return self.fleet.reap(self.now)

    def die(self, owner: str) -> None:
        self.alive.discard(owner)
        self.waits = {token: waiting for token, waiting in self.waits.items() if waiting != owner}

    def wait(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)

    def held(self) -> dict[str, str]:
        """The holders' request ids, by model."""
        found = {k[1]: i for k, i in self.table.items.items() if k[1].startswith("HOLDER#")}
        return {item["model"]["S"]: item["request_id"]["S"] for item in found.values()}

    def line(self) -> list[str]:
        """The request ids that wait, in order."""
        keys = sorted(k for k in self.table.items if k[1].startswith("QUEUE#"))
        return [self.table.items[key]["request_id"]["S"] for key in keys]

    def used(self) -> tuple[int, int]:
        total = self.table.items.get(("FLEET#team", "TOTAL"), {})
        return int(total.get("used_jobs", {"N": "0"})["N"]), int(total.get("used_instances", {"N": "0"})["N"])

    def answers(self, owner: str) -> list[str]:
        return [answer.lease for told, answer in self.told if told == owner]
