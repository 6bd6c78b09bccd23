"""How much a fleet of models may train at a time, and in which order those that wait are served."""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.payloads.retraining import BudgetSettings

MAX_JOBS, MAX_INSTANCES = 1000, 5000
HIGHEST_PRIORITY = 9
"""Priorities go from 0, which can wait, to this."""


def check_priority(priority: int) -> None:
    """Refuse a priority that the waiting list does not know.

    Raises:
        ValueError: naming the bounds.
    """
    check_whole("priority", priority, 0, HIGHEST_PRIORITY)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What all models of a fleet may use together while they retrain.

    Who asks for more than is free waits in line. A step of priority is worth ``head_start`` of waiting: of
    two that came within that time the more important one is served first, and nobody is passed by those who
    came much later, so nobody waits for ever. The line is kept even where a smaller request behind would fit,
    because a large one would never be served otherwise; only who waits for its own model is passed by.

    Args:
        jobs: retrainings at a time.
        instances: instances of all retrainings at a time.
        head_start: what one step of priority is worth.
        lease: how long a retraining may hold its share without saying that it is alive. Afterwards the
            share is taken back, unless its execution still runs.

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
        """As functions get it: durations in seconds."""
        return BudgetSettings(
            jobs=self.jobs,
            instances=self.instances,
            head_start=int(self.head_start.total_seconds()),
            lease=int(self.lease.total_seconds()),
        )

    @classmethod
    def from_payload(cls, payload: BudgetSettings) -> "Budget":
        """The budget of `to_payload`."""
        return cls(
            jobs=payload.jobs,
            instances=payload.instances,
            head_start=timedelta(seconds=payload.head_start),
            lease=timedelta(seconds=payload.lease),
        )
