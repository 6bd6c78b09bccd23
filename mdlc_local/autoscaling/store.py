"""The registered scalable targets with their policies, scheduled actions and activities."""

import datetime
import threading
from dataclasses import dataclass, field
from typing import Any

from mdlc_local.scopes import Scope

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"

MAX_ACTIVITIES = 100
"""How many of a target's newest activities are kept."""

lock = threading.RLock()
"""Must be held to read or change targets, but never while waiting for a request."""


@dataclass(kw_only=True)
class Policy:
    """A target tracking policy.

    Attributes:
        request: PutScalingPolicy's request.
        high: name of the alarm that adds instances.
        low: name of the alarm that removes instances; None when scale-in is disabled.
    """

    arn: str
    request: dict[str, Any]
    high: str
    low: str | None
    created: datetime.datetime

    @property
    def tracked(self) -> dict[str, Any]:
        """Its target tracking configuration."""
        configuration: dict[str, Any] = self.request["TargetTrackingScalingPolicyConfiguration"]
        return configuration

    @property
    def alarms(self) -> list[str]:
        """Names of its alarms."""
        return [name for name in (self.high, self.low) if name]


@dataclass(kw_only=True)
class Schedule:
    """A scheduled action; `due` is its next execution, or None when there is none."""

    arn: str
    request: dict[str, Any]
    due: datetime.datetime | None
    created: datetime.datetime


@dataclass(kw_only=True, eq=False)
class Target:
    """A scalable target: one variant of an endpoint, with the bounds of its instance count.

    Attributes:
        scaled_out: when a policy last added instances, by the monotonic clock.
        scaled_in: when a policy last removed instances, by the monotonic clock.
    """

    scope: Scope
    endpoint: str
    variant: str
    arn: str
    minimum: int
    maximum: int
    created: datetime.datetime
    suspended: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    scaled_out: float | None = None
    scaled_in: float | None = None

    @property
    def resource_id(self) -> str:
        """Its ResourceId in the API."""
        return f"endpoint/{self.endpoint}/variant/{self.variant}"


_targets: dict[tuple[Scope, str, str], Target] = {}


def add(target: Target) -> None:
    """Register a target."""
    with lock:
        _targets[target.scope, target.endpoint.lower(), target.variant] = target


def find(scope: Scope, endpoint: str, variant: str) -> Target | None:
    """The target of a variant, or None."""
    with lock:
        return _targets.get((scope, endpoint.lower(), variant))


def of_endpoint(scope: Scope, endpoint: str) -> list[Target]:
    """The targets of an endpoint's variants."""
    with lock:
        return [
            target for (at, name, _), target in _targets.items() if (at, name) == (scope, endpoint.lower())
        ]


def everything() -> list[Target]:
    """The targets of all accounts and regions, oldest first."""
    with lock:
        return list(_targets.values())


def remove(target: Target) -> None:
    """Remove a target."""
    with lock:
        _targets.pop((target.scope, target.endpoint.lower(), target.variant), None)


def clear() -> None:
    """Remove all targets."""
    with lock:
        _targets.clear()
