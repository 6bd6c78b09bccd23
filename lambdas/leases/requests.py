"""Requests for leases and the leases themselves, as a fleet's items hold them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Item = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one retraining asks for.

    Args:
        request_id: the same for every repetition of the same trigger.
        owner: the ARN of the execution that asks.
        priority: 0 to 9; more is served earlier.
        arrived: when it first asked, with a time zone.
        task_token: what ends the execution's wait.
        resumed: it goes on with what held a lease before, and is served before all that is new.
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
class Known:
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
class Holder:
    """A model's lease as the table has it; `woken` says whether its execution was told."""

    request_id: str
    model: str
    owner: str
    expires_at: str
    woken: bool


def moment(when: datetime) -> str:
    """A moment as text in UTC that sorts by time, to the millisecond."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


HEAD = f"{0:015d}"
"""The place of what is resumed, before every arrival."""


def rank(arrived: datetime, priority: int, head_start: timedelta) -> str:
    """A place in line as text that sorts: the arrival, earlier by what the priority is worth."""
    counted = arrived.timestamp() - priority * head_start.total_seconds()
    return f"{round(counted * 1000):015d}"


def known(item: Item) -> Known:
    """A request's item, read. One that rests holds its model's lease and nothing of the budget."""
    rests = "rested_at" in item
    return Known(
        request_id=item["request_id"]["S"],
        model=item["model"]["S"],
        owner=item["owner_arn"]["S"],
        rank=item["rank"]["S"],
        task_token=item["task_token"]["S"],
        status=item["lease_status"]["S"],
        jobs=0 if rests else int(item["jobs"]["N"]),
        instances=0 if rests else int(item["instances"]["N"]),
    )


def holder(item: Item) -> Holder:
    """A lease's item, read."""
    return Holder(
        request_id=item["request_id"]["S"],
        model=item["model"]["S"],
        owner=item["owner_arn"]["S"],
        expires_at=item["expires_at"]["S"],
        woken="woken_at" in item,
    )
