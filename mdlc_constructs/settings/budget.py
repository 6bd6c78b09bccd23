"""The budget of a fleet of models for retrainings, and the order of its queue."""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.payloads.retraining import BudgetSettings

MAX_JOBS, MAX_INSTANCES = 1000, 5000
HIGHEST_PRIORITY = 9
"""Priorities go from 0 (lowest) to this."""


def check_priority(priority: int) -> None:
    """Refuse a priority that is not a whole number from 0 to `HIGHEST_PRIORITY`.

    Raises:
        ValueError: naming the bounds.
    """
    check_whole("priority", priority, 0, HIGHEST_PRIORITY)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The maximum that all models of a fleet may use together while they retrain.

    A request for more than is free waits in a queue. Each step of priority counts like ``head_start`` of
    waiting: of two requests within that time, the one with the higher priority is served first. A request is
    not overtaken by requests that come much later, so none waits forever. The order is kept even when a
    smaller later request would fit, because otherwise a large request might never be served. Only a request
    whose own model has a lease is overtaken.

    Args:
        jobs: the maximum number of retrainings at a time.
        instances: the maximum number of instances of all retrainings at a time.
        head_start: the waiting time that one step of priority is worth.
        lease: how long a retraining's lease lasts without being renewed. When it expires, it is evicted,
            unless the execution still runs.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    jobs: int = 10
    instances: int = 10
    head_start: timedelta = timedelta(hours=1)
    lease: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        check_whole("jobs", self.jobs, 1, MAX_JOBS, unit="jobs")
        check_whole("instances", self.instances, 1, MAX_INSTANCES, unit="instances")
        check_duration("head_start", self.head_start, timedelta(0), timedelta(days=7))
        check_duration("lease", self.lease, timedelta(minutes=1), timedelta(days=30))

    def to_payload(self) -> BudgetSettings:
        """The payload for the Lambda functions, with durations in seconds."""
        return BudgetSettings(
            jobs=self.jobs,
            instances=self.instances,
            head_start=int(self.head_start.total_seconds()),
            lease=int(self.lease.total_seconds()),
        )

    @classmethod
    def from_payload(cls, payload: BudgetSettings) -> "Budget":
        """The budget in a payload that `to_payload` returned."""
        return cls(
            jobs=payload.jobs,
            instances=payload.instances,
            head_start=timedelta(seconds=payload.head_start),
            lease=timedelta(seconds=payload.lease),
        )
