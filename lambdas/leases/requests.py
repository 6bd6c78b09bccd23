"""Requests for leases and the leases themselves, as a fleet's items hold them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambdas.planning.items import Item, number_of, text_of


@dataclass(frozen=True, kw_only=True)
class LeaseRequest:
    """What one retraining asks for.

    Args:
        request_id: the same for every repetition of the same trigger.
        owner: ARN of the execution that asks.
        priority: 0 to 9; more is served earlier.
        arrived: when it first asked, with a time zone.
        task_token: what ends the execution's wait.
        resumed: whether it goes on with what held a lease before, and is served before all that is new.
    """

    request_id: str
    model: str
    owner: str
    arrived: datetime
    task_token: str
    priority: int = 0
    jobs: int = 1
    instances: int = 1
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredRequest:
    """A request as the table has it."""

    request_id: str
    model: str
    owner: str
    rank: str
    task_token: str
    status: str
    jobs: int
    instances: int


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A model's lease as the table has it; `notified` says whether its execution knows of it."""

    request_id: str
    model: str
    owner: str
    expires_at: str
    notified: bool


def utc_text(moment: datetime) -> str:
    """A moment as text in UTC, to the millisecond, that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


HEAD = f"{0:015d}"
"""The rank of a resumed request, before every new one."""


def rank(arrived: datetime, priority: int, head_start: timedelta) -> str:
    """A rank in the queue as text that sorts: the arrival, earlier by what the priority is worth."""
    seconds = arrived.timestamp() - priority * head_start.total_seconds()
    return f"{round(seconds * 1000):015d}"


def read_request(item: Item) -> StoredRequest:
    """A request's item. One that released its capacity holds its model's lease and nothing of the budget."""
    released = "rested_at" in item
    return StoredRequest(
        request_id=text_of(item, "request_id"),
        model=text_of(item, "model"),
        owner=text_of(item, "owner_arn"),
        rank=text_of(item, "rank"),
        task_token=text_of(item, "task_token"),
        status=text_of(item, "lease_status"),
        jobs=0 if released else number_of(item, "jobs"),
        instances=0 if released else number_of(item, "instances"),
    )


def read_lease(item: Item) -> Lease:
    """A lease's item."""
    return Lease(
        request_id=text_of(item, "request_id"),
        model=text_of(item, "model"),
        owner=text_of(item, "owner_arn"),
        expires_at=text_of(item, "expires_at"),
        notified="woken_at" in item,
    )
