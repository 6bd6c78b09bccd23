"""Acquires leases, grants them to waiting requests, and evicts the leases of dead executions.

Every change is one conditional DynamoDB transaction of `lambdas.leases.items`; when its condition fails, the
caller reads again and retries. Whatever frees capacity also serves the queue, so executions wait by task
token and do not poll: waiting costs no state transitions. `FleetLeases.reap` finishes what a function that
died left undone; call it on a schedule.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.aws.executions import is_running, send_task_success
from lambdas.leases.items import ENDED, HELD, REMEMBERED, WAITING, Items
from lambdas.leases.requests import (
    HEAD,
    Lease,
    LeaseRequest,
    StoredRequest,
    rank,
    read_lease,
    read_request,
    utc_text,
)
from lambdas.leases.writing import try_transaction, try_update
from lambdas.planning.items import Item, number_of, text_of
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.payloads.retraining import FleetSettings, LeaseAnswer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Write
    from mypy_boto3_stepfunctions import SFNClient

MAX_ATTEMPTS = 200
"""Failed transactions in a row before `LeasesBusy`: each means that another function wrote first."""
MAX_PAUSE_SECONDS = 0.2
PAGE = 25
"""Items per page of a query."""

DUPLICATE, TOO_LARGE = "Duplicate", "TooLarge"


class LeaseLost(Exception):
    """This execution no longer holds the lease: it expired, or another execution took it over."""


class LeasesBusy(Exception):
    """All `MAX_ATTEMPTS` transactions failed, because other functions changed the leases."""


@dataclass(frozen=True, kw_only=True)
class FleetLeases:
    """The leases of one fleet.

    Args:
        budget: the limits on jobs and instances in use at a time. After it is lowered, nothing is granted
            until enough leases have been released.
        notify: sends task success with the answer to a task token; returns False when no execution waits
            for that token any more.
        running: takes an execution's ARN; returns whether the execution is still running.
        pause: sleeps for seconds.
    """

    dynamodb: "DynamoDBClient"
    items: Items
    budget: Budget
    notify: Callable[[str, LeaseAnswer], bool]
    running: Callable[[str], bool]
    pause: Callable[[float], None] = field(default=time.sleep)

    def acquire(self, request: LeaseRequest, now: datetime) -> str:
        """Ask for a model's lease; the answer goes to the task token, at once or when it is granted.

        When the same execution repeats its request, it keeps waiting, with its new task token. When another
        execution repeats it, that one gets `Duplicate` while the first execution runs, and takes over its
        request once the first execution has ended.

        Returns:
            The request's status: `Held`, `Waiting`, `Ended`, `Duplicate`, or `TooLarge` for the budget.
        """
        if not self._ever_fits(request):
            self.notify(request.task_token, LeaseAnswer(lease=TOO_LARGE))
            return TOO_LARGE
        self._evict_dead_holder(request)
        rank_ = HEAD if request.resumed else rank(request.arrived, request.priority, self.budget.head_start)
        for _ in self._attempts():
            stored = self._request(request.request_id)
            if stored is None:
                if self._write(self.items.enqueue(request, rank_)):
                    break
                continue
            refusal = self._refusal(stored, request)
            if refusal:
                self.notify(request.task_token, LeaseAnswer(lease=refusal, owner=stored.owner))
                # The eviction above may have freed capacity that other requests wait for.
                self.serve(now)
                return refusal
            if self._write(self.items.take_over(stored, request.owner, request.task_token)):
                if stored.status == HELD:
                    self._notify_holder(stored.request_id)
                    return HELD
                break
        self.serve(now)
        stored = self._request(request.request_id)
        return stored.status if stored else ENDED

    def release(self, request_id: str, owner: str, now: datetime) -> None:
        """Release a request's lease, or remove it from the queue; does nothing when it has ended.

        Raises:
            LeaseLost: when the request belongs to another execution.
        """
        for _ in self._attempts():
            stored = self._request(request_id)
            if stored is None or stored.status == ENDED:
                break
            if stored.owner != owner:
                raise LeaseLost(f"{request_id} is held by {stored.owner}, not by {owner}.")
            leave = self.items.release if stored.status == HELD else self.items.withdraw
            if self._write(leave(stored, now + REMEMBERED)):
                break
        self.serve(now)

    def requeue(self, request_id: str, owner: str, now: datetime) -> None:
        """Release a request's lease or queue entry and delete the request, so that it can be repeated.

        Does nothing when the request has ended or belongs to another execution.
        """
        for _ in self._attempts():
            stored = self._request(request_id)
            if stored is None or stored.status == ENDED or stored.owner != owner:
                break
            if self._write(self.items.requeue(stored)):
                break
        self.serve(now)

    def release_capacity(self, request_id: str, owner: str, now: datetime) -> None:
        """Return a request's capacity to the budget but keep the model's lease, for the steps after training.

        Raises:
            LeaseLost: when this execution no longer holds the lease.
        """
        for _ in self._attempts():
            stored = self._request(request_id)
            if stored is None or stored.status != HELD or stored.owner != owner:
                raise LeaseLost(f"{request_id} is not held by {owner} any more.")
            # No jobs: the capacity was released before.
            if not stored.jobs or self._write(self.items.release_capacity(stored, now)):
                break
        self.serve(now)

    def serve(self, now: datetime) -> int:
        """Grant leases in queue order while the first request whose model is free fits; returns how many."""
        granted, attempts = 0, self._attempts()
        while (head := self._next()) is not None:
            next(attempts)
            if not self._ever_fits(head):
                if self._write(self.items.withdraw(head, now + REMEMBERED)):
                    self.notify(head.task_token, LeaseAnswer(lease=TOO_LARGE))
                continue
            limits = {"jobs": self.budget.jobs, "instances": self.budget.instances}
            if self._write(self.items.grant(head, **limits, expires_at=self._expiry(now))):
                granted, attempts = granted + 1, self._attempts()
                self._notify_holder(head.request_id)
        return granted

    def reap(self, now: datetime) -> int:
        """Evict dead executions' leases and notify holders that were never notified.

        The lease of an execution that still runs when it expires is renewed.

        Returns:
            How many leases were taken back.

        Raises:
            ExceptionGroup: the errors of single leases, raised after all others and the queue were handled.
        """
        evicted, errors = 0, list[Exception]()
        for lease in [read_lease(item) for item in self._query("HOLDER#")]:
            try:
                evicted += self._reap_lease(lease, now)
            except ClientError as error:
                errors.append(error)
        self.serve(now)
        if errors:
            raise ExceptionGroup(f"{len(errors)} leases of {self.items.fleet} could not be looked at", errors)
        return evicted

    def _reap_lease(self, lease: Lease, now: datetime) -> bool:
        if lease.expires_at <= utc_text(now):
            if not self.running(lease.owner):
                return self._evict(lease)
            self._renew(lease, now)
        return not lease.notified and self._notify_holder(lease.request_id)

    def _renew(self, lease: Lease, now: datetime) -> None:
        """Extend a lease whose execution still runs; does nothing when another execution holds it now."""
        self._set_on_lease(lease, "expires_at", self._expiry(now))

    def _evict_dead_holder(self, request: LeaseRequest) -> None:
        """Evict the model's lease, expired or not, when another request's dead execution holds it."""
        lease = self._lease(request.model)
        if lease and lease.request_id != request.request_id and not self.running(lease.owner):
            self._evict(lease)

    def _refusal(self, stored: StoredRequest, request: LeaseRequest) -> str | None:
        if stored.status == ENDED:
            return ENDED
        if stored.owner != request.owner and self.running(stored.owner):
            return DUPLICATE
        return None

    def _notify_holder(self, request_id: str) -> bool:
        """Notify the holder that it has its lease; returns whether the lease was evicted instead.

        No execution waits for the token when the holder died, or when it was notified before. So the lease is
        evicted only if the holder's execution has also ended.
        """
        stored = self._request(request_id)
        lease = self._lease(stored.model) if stored is not None and stored.status == HELD else None
        if stored is None or lease is None or lease.request_id != request_id:
            return False
        answer = LeaseAnswer(lease=HELD, request_id=request_id, expires_at=lease.expires_at)
        if not self.notify(stored.task_token, answer) and not self.running(stored.owner):
            return self._evict(lease)
        self._set_on_lease(lease, "woken_at", lease.expires_at)
        return False

    def _evict(self, lease: Lease) -> bool:
        stored = self._request(lease.request_id)
        if stored is None or stored.owner != lease.owner:
            return False
        # No retry: if the items have changed, the lease is in use, or the next `reap` evicts it.
        return self._write(self.items.evict(stored, lease))

    def _next(self) -> StoredRequest | None:
        """The first waiting request whose model has no lease, if it fits the free capacity now.

        None when it does not fit yet: later requests do not overtake it. A request that is larger than the
        whole budget is returned as well, so that `serve` can reject it.
        """
        held = {read_lease(item).model for item in self._query("HOLDER#")}
        for entry in self._query("QUEUE#"):
            if text_of(entry, "model") in held:
                continue
            candidate = self._request(text_of(entry, "request_id"))
            if candidate is None or candidate.status != WAITING:
                continue
            return candidate if self._fits(candidate) or not self._ever_fits(candidate) else None
        return None

    def _fits(self, request: StoredRequest) -> bool:
        total = self._get("TOTAL") or {}
        return (
            number_of(total, "used_jobs") + request.jobs <= self.budget.jobs
            and number_of(total, "used_instances") + request.instances <= self.budget.instances
        )

    def _ever_fits(self, request: StoredRequest | LeaseRequest) -> bool:
        return request.jobs <= self.budget.jobs and request.instances <= self.budget.instances

    def _expiry(self, now: datetime) -> str:
        return utc_text(now + self.budget.lease)

    def _request(self, request_id: str) -> StoredRequest | None:
        item = self._get(f"REQUEST#{request_id}")
        return read_request(item) if item else None

    def _lease(self, model: str) -> Lease | None:
        item = self._get(f"HOLDER#{model}")
        return read_lease(item) if item else None

    def _get(self, sort_key: str) -> Item | None:
        answer = self.dynamodb.get_item(
            TableName=self.items.table, Key=self.items.key(sort_key), ConsistentRead=True
        )
        return answer.get("Item")

    def _query(self, start: str) -> Iterator[Item]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.items.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": self.items.key("")["pk"], ":sk": {"S": start}},
            # The next request to serve comes first, so that a long queue is not read to its end.
            PaginationConfig={"PageSize": PAGE},
        )
        for page in pages:
            yield from page["Items"]

    def _set_on_lease(self, lease: Lease, name: str, value: str) -> bool:
        update = self.items.set_on_lease(lease, name, value, expected_owner=lease.owner)
        return try_update(self.dynamodb, update)

    def _write(self, writes: "list[Write]") -> bool:
        return try_transaction(self.dynamodb, writes)

    def _attempts(self) -> Iterator[int]:
        yield 0
        for attempt in range(1, MAX_ATTEMPTS):
            # Functions that lost the same race wait for different times.
            self.pause(random.uniform(0, min(MAX_PAUSE_SECONDS, 0.01 * attempt)))
            yield attempt
        raise LeasesBusy(f"The leases of {self.items.fleet} changed {MAX_ATTEMPTS} times under this call.")


def open_fleet(
    settings: FleetSettings, dynamodb: "DynamoDBClient", stepfunctions: "SFNClient"
) -> FleetLeases:
    """The fleet that a function's payload names."""
    return FleetLeases(
        dynamodb=dynamodb,
        items=Items(table=settings.table, fleet=settings.name),
        budget=Budget.from_payload(settings.budget),
        notify=partial(send_task_success, stepfunctions),
        running=partial(is_running, stepfunctions),
    )
