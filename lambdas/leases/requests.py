"""Lease requests and leases, as a fleet's items store them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambdas.planning.items import Item, number_of, text_of


@dataclass(frozen=True, kw_only=True)
class LeaseRequest:
    """One retraining's request for its model's lease.

    Args:
        request_id: the same for every repetition of the same trigger.
        owner: ARN of the requesting execution.
        priority: 0 to 9; a higher one is served earlier.
        arrived: time of its first request, with a time zone.
        task_token: the Step Functions task token that ends the execution's wait.
        resumed: whether it continues a retraining that held a lease before; served before all new requests.
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
    """A request as stored in the table."""

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
    """A model's lease as stored in the table; `notified`: whether its execution was notified of it."""

    request_id: str
    model: str
    owner: str
    expires_at: str
    notified: bool


def utc_text(moment: datetime) -> str:
    """A time as ISO text in UTC, to the millisecond; the texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


HEAD = f"{0:015d}"
"""The rank of a resumed request, before every new one."""


def rank(arrived: datetime, priority: int, head_start: timedelta) -> str:
    """A rank in the queue, as sortable text: the arrival, earlier by `head_start` per priority level."""
    seconds = arrived.timestamp() - priority * head_start.total_seconds()
    return f"{round(seconds * 1000):015d}"


def read_request(item: Item) -> StoredRequest:
    """The request of an item; one that released its capacity counts as 0 jobs and 0 instances."""
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
    """The lease of an item."""
    return Lease(
        request_id=text_of(item, "request_id"),
        model=text_of(item, "model"),
        owner=text_of(item, "owner_arn"),
        expires_at=text_of(item, "expires_at"),
        notified="woken_at" in item,
    )
