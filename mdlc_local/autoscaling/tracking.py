"""The instance count that target tracking wants, by "How target tracking scaling works". Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Look:
    """The current state of one policy.

    Attributes:
        target: the metric's target value.
        value: the metric's current value; None when it is not known.
        high: whether the alarm that adds instances is in ALARM.
        low: whether the alarm that removes instances is in ALARM; None when scale-in is disabled.
    """

    target: float
    value: float | None
    high: bool
    low: bool | None

    def wanted(self, count: int) -> int:
        """The instance count with which the metric would reach its target."""
        assert self.value is not None
        return math.ceil(max(count, 1) * self.value / self.target)


def wanted(count: int, minimum: int, maximum: int, looks: Sequence[Look]) -> int:
    """The wanted instance count.

    Any policy may add instances; the highest count decides. Instances are removed only when every policy with
    scale-in wants that, and again the highest of their counts decides.

    Args:
        count: the current count.
        minimum: the lower bound.
        maximum: the upper bound.
        looks: the states of the target's policies.
    """
    known = [look for look in looks if look.value is not None]
    more = [look.wanted(count) for look in known if look.high]
    if more:
        return min(max(count, *more), maximum) if max(more) > count else count
    taking = [look for look in looks if look.low is not None]
    if not taking or not all(look.low and look.value is not None for look in taking):
        return count
    return max(min(count, max(look.wanted(count) for look in taking)), minimum)
