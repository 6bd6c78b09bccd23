"""How much capacity an endpoint has, and when.

An instance-based endpoint cannot go to zero instances: only `Serverless` and `Asynchronous` endpoints cost
nothing while nobody asks.
"""

import re
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import available_timezones

from mdlc_constructs.settings.numbers import check_above, check_duration, check_whole
from mdlc_constructs.settings.refusal import refusal, unknown

MAX_INSTANCES = 5000
MAX_COOLDOWN = timedelta(hours=1)
MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
MAX_CONCURRENT = 200
_SCHEDULE = re.compile(r"(cron|rate|at)\(.+\)")
_ACTION_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")


def _check_timezone(name: str) -> None:
    known = available_timezones()
    # A machine without a time zone database knows none, which says nothing about AWS.
    if known and name not in known:
        raise unknown("timezone", name, known, what="time zone")


@dataclass(frozen=True, kw_only=True)
class ScheduledScaling:
    """New bounds of the capacity from a moment on, once or again and again.

    Args:
        name: its own name among the schedules of the endpoint.
        schedule: ``cron(...)``, ``rate(...)`` or ``at(...)`` as Application Auto Scaling reads them.
        minimum: the least instances from then on; None leaves it.
        maximum: the most instances from then on; None leaves it.
        timezone: whose clock the schedule means, by its IANA name.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: str
    schedule: str
    minimum: int | None = None
    maximum: int | None = None
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if not _ACTION_NAME.fullmatch(self.name):
            raise refusal("name", self.name, "give up to 256 letters, digits, hyphens, dots and underscores.")
        if not _SCHEDULE.fullmatch(self.schedule):
            raise refusal(
                "schedule",
                self.schedule,
                "give cron(...), rate(...) or at(...), such as 'cron(0 22 * * ? *)'.",
            )
        _check_timezone(self.timezone)
        if self.minimum is None and self.maximum is None:
            raise refusal("minimum", None, "changes nothing without maximum; give at least one of the two.")
        for name in ("minimum", "maximum"):
            value = getattr(self, name)
            if value is not None:
                check_whole(name, value, 0, MAX_INSTANCES, unit="instances")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise refusal("minimum", self.minimum, f"is above maximum={self.maximum}; swap them.")


@dataclass(frozen=True, kw_only=True)
class Night:
    """Fewer instances while hardly anybody asks.

    Args:
        begins: when the night begins, to the minute.
        ends: when it ends.
        minimum: the least instances at night.
        timezone: whose clock is meant, by its IANA name.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    begins: time
    ends: time
    minimum: int = 1
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        check_whole("minimum", self.minimum, 1, MAX_INSTANCES, unit="instances")
        for name in ("begins", "ends"):
            value = getattr(self, name)
            if value.second or value.microsecond or value.tzinfo is not None:
                raise refusal(name, str(value), "give hours and minutes without a zone; timezone names it.")
        if self.begins == self.ends:
            raise refusal("ends", str(self.ends), "is when the night begins; give another time.")
        _check_timezone(self.timezone)

    def schedules(self, day_minimum: int) -> tuple[ScheduledScaling, ScheduledScaling]:
        """The two changes a day: down in the evening, back in the morning."""
        return (
            self._change("night", self.begins, self.minimum),
            self._change("morning", self.ends, day_minimum),
        )

    def _change(self, name: str, at: time, minimum: int) -> ScheduledScaling:
        schedule = f"cron({at.minute} {at.hour} * * ? *)"
        return ScheduledScaling(name=name, schedule=schedule, minimum=minimum, timezone=self.timezone)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How the number of instances follows the load.

    With several targets the one that asks for most instances wins.

    Args:
        minimum: the least instances. Zero needs an `Asynchronous` endpoint.
        maximum: the most instances.
        invocations: requests a minute that one instance shall get.
        concurrency: requests that one instance shall work on at a time, measured every ten seconds.
        backlog: requests waiting for an instance of an `Asynchronous` endpoint.
        scale_in_cooldown: how long to wait after taking instances away.
        scale_out_cooldown: how long to wait after adding instances.
        schedules: changes of the bounds on a schedule.
        night: fewer instances at night.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    minimum: int = 1
    maximum: int
    invocations: float | None = None
    concurrency: float | None = None
    backlog: float | None = None
    scale_in_cooldown: timedelta = timedelta(minutes=5)
    scale_out_cooldown: timedelta = timedelta(minutes=1)
    schedules: tuple[ScheduledScaling, ...] = ()
    night: Night | None = None

    def __post_init__(self) -> None:
        check_whole("minimum", self.minimum, 0, MAX_INSTANCES, unit="instances")
        check_whole("maximum", self.maximum, 1, MAX_INSTANCES, unit="instances")
        if self.minimum > self.maximum:
            raise refusal("minimum", self.minimum, f"is above maximum={self.maximum}; swap them.")
        targets = (self.invocations, self.concurrency, self.backlog)
        for name, target in zip(("invocations", "concurrency", "backlog"), targets, strict=True):
            if target is not None:
                check_above(name, target, 0, 1e9)
        if targets == (None, None, None) and not self.all_schedules:
            raise refusal(
                "invocations",
                None,
                "nothing would ever scale; give a target, schedules or a night, or no Scaling.",
            )
        for name in ("scale_in_cooldown", "scale_out_cooldown"):
            check_duration(name, getattr(self, name), timedelta(0), MAX_COOLDOWN)
        object.__setattr__(self, "schedules", tuple(self.schedules))
        names = [schedule.name for schedule in self.all_schedules]
        for name in names:
            if names.count(name) > 1:
                raise refusal("schedules", name, "is the name of two schedules; give each its own.")
        if self.night is not None and self.night.minimum > self.maximum:
            raise refusal(
                "night", self.night.minimum, f"is above maximum={self.maximum}; give fewer instances."
            )

    @property
    def all_schedules(self) -> tuple[ScheduledScaling, ...]:
        """The schedules given, and those of the night."""
        night = () if self.night is None else self.night.schedules(self.minimum)
        return (*self.schedules, *night)

    def check_endpoint(self, *, asynchronous: bool) -> None:
        """Refuse what only an asynchronous endpoint can do, or what it cannot.

        Raises:
            ValueError: naming the argument.
        """
        if asynchronous and self.concurrency is not None:
            raise refusal("concurrency", self.concurrency, "is for real-time endpoints; use backlog.")
        if asynchronous:
            return
        least = [("minimum", self.minimum), *(("schedules", s.minimum) for s in self.all_schedules)]
        for name, value in least:
            if value == 0:
                raise refusal(
                    name, value, "only Asynchronous and Serverless endpoints go to zero; give at least 1."
                )
        if self.backlog is not None:
            raise refusal("backlog", self.backlog, "is for Asynchronous endpoints; use concurrency.")


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """No instances at all: paid by the request, with a cold start after a pause.

    Args:
        memory_mb: one of 1024, 2048 ... 6144.
        max_concurrency: requests at a time, beyond which they are refused.
        provisioned_concurrency: requests at a time that never meet a cold start; billed by the hour.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    memory_mb: int = 2048
    max_concurrency: int = 5
    provisioned_concurrency: int | None = None

    def __post_init__(self) -> None:
        if self.memory_mb not in MEMORY_MB:
            raise refusal("memory_mb", self.memory_mb, f"give one of {', '.join(map(str, MEMORY_MB))}.")
        check_whole("max_concurrency", self.max_concurrency, 1, MAX_CONCURRENT, unit="requests")
        if self.provisioned_concurrency is not None:
            check_whole(
                "provisioned_concurrency",
                self.provisioned_concurrency,
                1,
                self.max_concurrency,
                unit="requests",
            )


@dataclass(frozen=True, kw_only=True)
class Asynchronous:
    """Requests wait in a queue and answers go to S3; with a `Scaling` from zero it costs nothing when idle.

    Args:
        concurrent_per_instance: requests that one instance works on at a time; None lets SageMaker choose.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    concurrent_per_instance: int | None = None

    def __post_init__(self) -> None:
        if self.concurrent_per_instance is not None:
            check_whole("concurrent_per_instance", self.concurrent_per_instance, 1, 1000, unit="requests")
