"""Rollouts: how SageMaker shifts an endpoint's traffic to a new version.

Source of the limits: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html and the API's
``DeploymentConfig``.
"""

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeAlias

from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.refusal import refusal

NOTHING = timedelta(0)
MAX_WAIT = timedelta(seconds=3600)
MAX_DEPLOYMENT = timedelta(seconds=28800)
MAX_SHARE_PERCENT = 50
VARIANT_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def check_variant_name(argument: str, name: str) -> None:
    """Refuse a name that SageMaker does not accept for a variant.

    Raises:
        ValueError: naming the argument.
    """
    if not VARIANT_NAME.fullmatch(name):
        raise refusal(
            argument,
            name,
            "give up to 63 letters, digits and hyphens, beginning with no hyphen and ending so.",
        )


def _check_waits(waits: timedelta, remedy: str) -> None:
    if waits >= MAX_DEPLOYMENT:
        raise refusal(
            "rollout",
            str(waits),
            f"is what it waits in all, and a deployment ends at {MAX_DEPLOYMENT}; {remedy}",
        )


@dataclass(frozen=True, kw_only=True)
class AllAtOnce:
    """The new fleet gets all traffic in one step; the old fleet is kept while alarms are watched.

    Args:
        bake: how long alarms are watched before the old fleet is deleted; ``timedelta(0)`` watches none.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    needs_guardrails: ClassVar[bool] = False

    bake: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        check_duration("bake", self.bake, NOTHING, MAX_WAIT)

    @property
    def waiting(self) -> timedelta:
        """The time that the whole deployment waits and watches alarms."""
        return self.bake

    def check_instances(self, count: int) -> None:
        """Does nothing: any number of instances is possible."""

    def smallest_share(self, instances: int) -> float:
        """The new fleet's smallest share (0 to 1) of the traffic while alarms are watched: 1."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A small part of the new fleet (the canary) gets traffic first, the rest after the baking period.

    Args:
        percent: size of the canary, in percent of the fleet's capacity.
        instances: size of the canary in instances, instead of ``percent``.
        bake: how long alarms are watched for the canary.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    needs_guardrails: ClassVar[bool] = True

    percent: int | None = None
    instances: int | None = None
    bake: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.instances is None):
            raise refusal(
                "percent", self.percent, f"with instances={self.instances!r}: give exactly one of the two."
            )
        if self.percent is not None:
            check_whole("percent", self.percent, 1, MAX_SHARE_PERCENT, unit="percent")
        if self.instances is not None:
            check_whole("instances", self.instances, 1, 5000, unit="instances")
        check_duration("bake", self.bake, NOTHING, MAX_WAIT)

    @property
    def waiting(self) -> timedelta:
        """The time that the whole deployment waits and watches alarms."""
        return self.bake

    def check_instances(self, count: int) -> None:
        """Refuse a fleet so small that the canary would be more than half of it.

        Raises:
            ValueError: naming the size.
        """
        name = "percent" if self.instances is None else "instances"
        _check_half(name, getattr(self, name), self.instances or 1, count)

    def smallest_share(self, instances: int) -> float:
        """The canary's smallest possible share (0 to 1) of the traffic, on a fleet of that many instances."""
        if self.instances is not None:
            return min(1.0, self.instances / instances)
        return _least_share(self.percent or 0, instances)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Traffic shifts to the new fleet in equal steps, and alarms are watched after each step.

    Args:
        step_percent: size of a step, in percent of the fleet's capacity.
        bake: how long alarms are watched after each step.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    needs_guardrails: ClassVar[bool] = True

    step_percent: int = 25
    bake: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        check_whole("step_percent", self.step_percent, 10, MAX_SHARE_PERCENT, unit="percent")
        check_duration("bake", self.bake, NOTHING, MAX_WAIT)
        _check_waits(self.waiting, "take larger steps or a shorter bake.")

    @property
    def waiting(self) -> timedelta:
        """The time that the whole deployment waits and watches alarms."""
        return math.ceil(100 / self.step_percent) * self.bake

    def check_instances(self, count: int) -> None:
        """Refuse a fleet so small that one instance is more than half of it.

        Raises:
            ValueError: naming the step.
        """
        _check_half("step_percent", self.step_percent, 1, count)

    def smallest_share(self, instances: int) -> float:
        """The first step's smallest possible share (0 to 1) of the traffic, on that many instances."""
        return _least_share(self.step_percent, instances)


@dataclass(frozen=True, kw_only=True)
class Rolling:
    """Instances are replaced in batches, so that few additional instances are needed.

    Args:
        batch_percent: size of a batch, in percent of the instances.
        wait: how long alarms are watched after each batch.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    needs_guardrails: ClassVar[bool] = True

    batch_percent: int = 25
    wait: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        check_whole("batch_percent", self.batch_percent, 5, MAX_SHARE_PERCENT, unit="percent")
        check_duration("wait", self.wait, NOTHING, MAX_WAIT)
        _check_waits(self.waiting, "take larger batches or a shorter wait.")

    @property
    def waiting(self) -> timedelta:
        """The time that the whole deployment waits and watches alarms."""
        return math.ceil(100 / self.batch_percent) * self.wait

    def check_instances(self, count: int) -> None:
        """Refuse a fleet so small that one instance is more than half of it.

        Raises:
            ValueError: naming the batch.
        """
        _check_half("batch_percent", self.batch_percent, 1, count)

    def smallest_share(self, instances: int) -> float:
        """The first batch's smallest possible share (0 to 1) of the traffic, on that many instances."""
        return _least_share(self.batch_percent, instances)


def _least_share(percent: int, instances: int) -> float:
    """The smallest share (0 to 1) of the traffic that a percentage of the capacity can mean.

    AWS's documentation does not say how the percentage is rounded to whole instances (``API_CapacitySize``,
    ``deployment-guardrails-blue-green-canary.html``). The result is the smaller of the percentage itself and
    the share when it is rounded down to whole instances, at least one. Rounded up, the share is larger.
    """
    whole = max(1, percent * instances // 100)
    return min(percent / 100, whole / instances)


def _check_half(argument: str, value: object, instances: int, count: int) -> None:
    if 2 * instances > count:
        raise refusal(
            argument,
            value,
            f"comes to {instances} of {count} instances and SageMaker shifts at most half at a time; "
            f"run at least {2 * instances} instances, or use AllAtOnce.",
        )


Deployment: TypeAlias = AllAtOnce | Canary | Linear | Rolling
"""A rollout that SageMaker carries out itself, as part of one update of the endpoint."""
