"""Asks for leases, serves those that wait, and takes back what dead executions hold.

Every change is one conditional transaction of `lambdas.leases.items`; what lost a race reads again. Whoever
frees something serves the line, so nobody asks twice: a wait costs no transitions. What a function that died
left undone, `Fleet.reap` does; call it by the clock.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.leases.items import ENDED, HELD, REMEMBERED, WAITING, Items, Write
from lambdas.leases.requests import HEAD, Holder, Known, Request, holder, known, moment, rank
from lambdas.leases.writing import updated, written
from mdlc_constructs.settings.budget import Budget

MOST_ATTEMPTS = 200
"""Transactions lost in a row before giving up: each loss means that another function got on."""
LONGEST_PAUSE_SECONDS = 0.2
PAGE = 25
"""Items read at a time."""

DUPLICATE, TOO_LARGE = "Duplicate", "TooLarge"


class LeaseLost(Exception):
    """The lease is not this execution's any more: it expired, or another execution took it over."""


class LeasesBusy(Exception):
    """The leases changed under every attempt."""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The leases of one fleet.

    Args:
        budget: what may be held at a time. Lowered, it is kept by granting nothing until enough came back.
        tell: ends an execution's wait by its task token with an answer; False when nobody waits for it.
        running: whether an execution of that ARN still runs.
        pause: sleeps for seconds.
    """

    dynamodb: Any
    items: Items
    budget: Budget
    tell: Callable[[str, Mapping[str, str]], bool]
    running: Callable[[str], bool]
    pause: Callable[[float], None] = field(default=time.sleep)

    def ask(self, request: Request, now: datetime) -> str:
        """Ask for a model's lease; the answer goes to the task token, at once or when it is granted.

        A repetition by the same execution goes on waiting with its new token. One by another execution is a
        `Duplicate` while the first one runs, and takes its place when that is dead.

        Returns:
            How the request stands: `Held`, `Waiting`, `Ended`, `Duplicate`, or `TooLarge` for the budget.
        """
        if not self._ever_fits(request):
            self.tell(request.task_token, {"lease": TOO_LARGE})
            return TOO_LARGE
        self._bury(request)
        where = HEAD if request.resumed else rank(request.arrived, request.priority, self.budget.head_start)
        for _ in self._attempts():
            found = self._request(request.request_id)
            if found is None:
                if self._written(self.items.enqueued(request, where)):
                    break
                continue
            refused = self._refusal(found, request)
            if refused:
                self.tell(request.task_token, {"lease": refused, "owner": found.owner})
                # What a dead execution held may have come back above, and others wait for it.
                self.serve(now)
                return refused
            if self._written(self.items.taken_over(found, request.owner, request.task_token)):
                if found.status == HELD:
                    self._wake(found.request_id)
                    return HELD
                break
        self.serve(now)
        standing = self._request(request.request_id)
        return standing.status if standing else ENDED

    def release(self, request_id: str, owner: str, now: datetime) -> None:
        """Give back what a request holds, or its place in line; nothing when it has ended.

        Raises:
            LeaseLost: when the request is another execution's.
        """
        for _ in self._attempts():
            found = self._request(request_id)
            if found is None or found.status == ENDED:
                break
            if found.owner != owner:
                raise LeaseLost(f"{request_id} is held by {found.owner}, not by {owner}.")
            leave = self.items.released if found.status == HELD else self.items.withdrawn
            if self._written(leave(found, now + REMEMBERED)):
                break
        self.serve(now)

    def put_off(self, request_id: str, owner: str, now: datetime) -> None:
        """Give up what a request has, to ask again later; nothing when it has ended or is another's."""
        for _ in self._attempts():
            found = self._request(request_id)
            if found is None or found.status == ENDED or found.owner != owner:
                break
            if self._written(self.items.put_off(found)):
                break
        self.serve(now)

    def rest(self, request_id: str, owner: str, now: datetime) -> None:
        """Give the share of the budget back and keep the model's lease: what follows trains nothing.

        Raises:
            LeaseLost: when the lease is not this execution's any more.
        """
        for _ in self._attempts():
            found = self._request(request_id)
            if found is None or found.status != HELD or found.owner != owner:
                raise LeaseLost(f"{request_id} is not held by {owner} any more.")
            # Nothing is left to give where it rested before.
            if not found.jobs or self._written(self.items.rested(found, now)):
                break
        self.serve(now)

    def serve(self, now: datetime) -> int:
        """Grant leases from the head of the line as long as the first that may go fits; says how many."""
        granted, attempts = 0, self._attempts()
        while (head := self._next()) is not None:
            next(attempts)
            if not self._ever_fits(head):
                if self._written(self.items.withdrawn(head, now + REMEMBERED)):
                    self.tell(head.task_token, {"lease": TOO_LARGE})
                continue
            limits = {"jobs": self.budget.jobs, "instances": self.budget.instances}
            if self._written(self.items.granted(head, **limits, expires_at=self._expiry(now))):
                granted, attempts = granted + 1, self._attempts()
                self._wake(head.request_id)
        return granted

    def reap(self, now: datetime) -> int:
        """Take back what dead executions hold, and wake who was granted a lease and not told; says how many
        leases came back. An execution that runs past its lease keeps it: it is renewed.

        Raises:
            ExceptionGroup: when leases could not be looked at, once the others were and the line was served.
        """
        back, failed = 0, list[Exception]()
        for lease in [holder(item) for item in self._query("HOLDER#")]:
            try:
                back += self._looked_at(lease, now)
            except ClientError as error:
                failed.append(error)
        self.serve(now)
        if failed:
            raise ExceptionGroup(f"{len(failed)} leases of {self.items.fleet} could not be looked at", failed)
        return back

    def _looked_at(self, lease: Holder, now: datetime) -> bool:
        if lease.expires_at <= moment(now):
            if not self.running(lease.owner):
                return self._take_back(lease)
            self._renew(lease, now)
        return not lease.woken and self._wake(lease.request_id)

    def _renew(self, lease: Holder, now: datetime) -> None:
        """Extend a lease whose execution still runs; nothing when another execution has it by now."""
        self._changed(lease, "expires_at", self._expiry(now), of=lease.owner)

    def _bury(self, request: Request) -> None:
        """Take back the model's lease from another request's execution that is dead, expired or not."""
        lease = self._lease(request.model)
        if lease and lease.request_id != request.request_id and not self.running(lease.owner):
            self._take_back(lease)

    def _refusal(self, found: Known, request: Request) -> str | None:
        if found.status == ENDED:
            return ENDED
        if found.owner != request.owner and self.running(found.owner):
            return DUPLICATE
        return None

    def _wake(self, request_id: str) -> bool:
        """Tell a holder; when nobody waits and its execution is dead, take the lease back at once.

        Nobody waits as well where it was told before: only a dead execution's lease may be taken.
        """
        found = self._request(request_id)
        lease = self._lease(found.model) if found is not None and found.status == HELD else None
        if found is None or lease is None or lease.request_id != request_id:
            return False
        answer = {"lease": HELD, "request_id": request_id, "expires_at": lease.expires_at}
        if not self.tell(found.task_token, answer) and not self.running(found.owner):
            return self._take_back(lease)
        self._changed(lease, "woken_at", lease.expires_at, of=lease.owner)
        return False

    def _take_back(self, lease: Holder) -> bool:
        found = self._request(lease.request_id)
        if found is None or found.owner != lease.owner:
            return False
        # One attempt: if anything moved meanwhile, somebody is alive, or the next reaping sees it.
        return self._written(self.items.reaped(found, lease))

    def _next(self) -> Known | None:
        """Who is to be served now: the first in line whose model is free, if it fits or never will."""
        held = {holder(item).model for item in self._query("HOLDER#")}
        for entry in self._query("QUEUE#"):
            if entry["model"]["S"] in held:
                continue
            first = self._request(entry["request_id"]["S"])
            if first is None or first.status != WAITING:
                continue
            return first if self._fits(first) or not self._ever_fits(first) else None
        return None

    def _fits(self, asked: Known) -> bool:
        total = self._get("TOTAL") or {}
        used = {name: int(total.get(f"used_{name}", {"N": "0"})["N"]) for name in ("jobs", "instances")}
        return (
            used["jobs"] + asked.jobs <= self.budget.jobs
            and used["instances"] + asked.instances <= self.budget.instances
        )

    def _ever_fits(self, asked: Known | Request) -> bool:
        return asked.jobs <= self.budget.jobs and asked.instances <= self.budget.instances

    def _expiry(self, now: datetime) -> str:
        return moment(now + self.budget.lease)

    def _request(self, request_id: str) -> Known | None:
        item = self._get(f"REQUEST#{request_id}")
        return known(item) if item else None

    def _lease(self, model: str) -> Holder | None:
        item = self._get(f"HOLDER#{model}")
        return holder(item) if item else None

    def _get(self, sort_key: str) -> dict[str, Any] | None:
        answer = self.dynamodb.get_item(
            TableName=self.items.table, Key=self.items.key(sort_key), ConsistentRead=True
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _query(self, start: str) -> Iterator[dict[str, Any]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.items.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": self.items.key("")["pk"], ":sk": {"S": start}},
            # Whoever is served next stands at the head: a long line is not read to its end.
            PaginationConfig={"PageSize": PAGE},
        )
        for page in pages:
            yield from page["Items"]

    def _changed(self, of_request: Known | Holder, name: str, value: str, *, of: str) -> bool:
        return updated(self.dynamodb, **self.items.changed(of_request, name, value, of=of))

    def _written(self, writes: list[Write]) -> bool:
        return written(self.dynamodb, writes)

    def _attempts(self) -> Iterator[int]:
        yield 0
        for attempt in range(1, MOST_ATTEMPTS):
            # Functions that lost the same race part by chance.
            self.pause(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.01 * attempt)))
            yield attempt
        raise LeasesBusy(f"The leases of {self.items.fleet} changed {MOST_ATTEMPTS} times under this call.")
