"""The capacity of an endpoint, its automatic scaling and its schedules.

An instance-based endpoint cannot scale to zero instances: only `Serverless` and `Asynchronous` endpoints cost
nothing without requests.
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
    # A computer without a time zone database knows no zones; then the name is not checked.
    if known and name not in known:
        raise unknown("timezone", name, known, what="time zone")


@dataclass(frozen=True, kw_only=True)
class ScheduledScaling:
    """A scheduled action of Application Auto Scaling: changes the capacity's bounds, once or repeatedly.

    Args:
        name: a name that is unique among the schedules of the endpoint.
        schedule: ``cron(...)``, ``rate(...)`` or ``at(...)`` in the syntax of Application Auto Scaling.
        minimum: the new minimum number of instances; None does not change it.
        maximum: the new maximum number of instances; None does not change it.
        timezone: the IANA name of the schedule's time zone.

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
    """A lower minimum of instances at night, when there are few requests.

    Args:
        begins: when the night begins, to the minute.
        ends: when it ends, to the minute.
        minimum: the minimum number of instances at night.
        timezone: the IANA name of the time zone of both times.

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
        """The two scheduled actions: lower the minimum when the night begins, and restore it when it ends."""
        return (
            self._change("night", self.begins, self.minimum),
            self._change("morning", self.ends, day_minimum),
        )

    def _change(self, name: str, at: time, minimum: int) -> ScheduledScaling:
        schedule = f"cron({at.minute} {at.hour} * * ? *)"
        return ScheduledScaling(name=name, schedule=schedule, minimum=minimum, timezone=self.timezone)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Automatic scaling of the number of instances by target tracking.

    With several targets, the one that needs most instances decides.

    Args:
        minimum: the minimum number of instances. Zero needs an `Asynchronous` endpoint.
        maximum: the maximum number of instances.
        invocations: target of requests per minute and instance; None for no target.
        concurrency: target of concurrent requests per instance, measured every ten seconds.
        backlog: target of queued requests per instance, for an `Asynchronous` endpoint.
        scale_in_cooldown: how long to wait after instances were removed.
        scale_out_cooldown: how long to wait after instances were added.
        schedules: scheduled changes of the bounds.
        night: a lower minimum at night.

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
        """``schedules``, and those of ``night``."""
        night = () if self.night is None else self.night.schedules(self.minimum)
        return (*self.schedules, *night)

    def check_endpoint(self, *, asynchronous: bool) -> None:
        """Refuse scaling that this kind of endpoint (asynchronous or not) does not support.

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
    """A serverless endpoint: without instances, billed per request, with a cold start after a pause.

    Args:
        memory_mb: memory in MB, one of 1024, 2048 ... 6144.
        max_concurrency: the maximum number of concurrent requests; further requests are refused.
        provisioned_concurrency: concurrent requests that never have a cold start; billed by the hour.

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
    """An asynchronous endpoint: requests are queued and responses go to S3.

    With a `Scaling` whose minimum is zero it costs nothing when idle.

    Args:
        concurrent_per_instance: the maximum number of concurrent requests per instance; None for
            SageMaker's default.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    concurrent_per_instance: int | None = None

    def __post_init__(self) -> None:
        if self.concurrent_per_instance is not None:
            check_whole("concurrent_per_instance", self.concurrent_per_instance, 1, 1000, unit="requests")
