"""What is registered for scaling: targets with their policies, schedules and activities."""

import datetime
import threading
from dataclasses import dataclass, field
from typing import Any

from mdlc_local.sagemaker.records import Scope

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"

MAX_ACTIVITIES = 100
"""How many activities of a target are kept, newest first."""

lock = threading.RLock()
"""Held while targets are read or changed; never while a request is awaited."""


@dataclass(kw_only=True)
class Policy:
    """A target tracking policy.

    Attributes:
        request: as it was put.
        high: name of the alarm that adds instances.
        low: name of the alarm that takes instances away; None when the policy must not.
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
    """A scheduled action; `due` is when it is carried out next, None when never again."""

    arn: str
    request: dict[str, Any]
    due: datetime.datetime | None
    created: datetime.datetime


@dataclass(kw_only=True, eq=False)
class Target:
    """One variant of an endpoint, and how many instances it may have.

    Attributes:
        scaled_out: moment (of the monotonic clock) instances were last added because of a policy.
        scaled_in: moment they were last taken away.
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
        """As the API names it."""
        return f"endpoint/{self.endpoint}/variant/{self.variant}"


_targets: dict[tuple[Scope, str, str], Target] = {}


def add(target: Target) -> None:
    """From now on the target is found."""
    with lock:
        _targets[target.scope, target.endpoint.lower(), target.variant] = target


def find(scope: Scope, endpoint: str, variant: str) -> Target | None:
    """The target, or None."""
    with lock:
        return _targets.get((scope, endpoint.lower(), variant))


def of_endpoint(scope: Scope, endpoint: str) -> list[Target]:
    """The targets among an endpoint's variants."""
    with lock:
        return [
            target for (at, name, _), target in _targets.items() if (at, name) == (scope, endpoint.lower())
        ]


def everything() -> list[Target]:
    """The targets of all accounts and regions, oldest first."""
    with lock:
        return list(_targets.values())


def remove(target: Target) -> None:
    """The target is found no more."""
    with lock:
        _targets.pop((target.scope, target.endpoint.lower(), target.variant), None)


def clear() -> None:
    """Forget everything."""
    with lock:
        _targets.clear()
