"""What target tracking wants, as "How target tracking scaling works" has it. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Look:
    """One policy as it stands.

    Attributes:
        target: the value that the metric shall have.
        value: the value it has; None when it is not known.
        high: whether the alarm that adds instances is on.
        low: whether the alarm that takes instances away is on; None when the policy must not.
    """

    target: float
    value: float | None
    high: bool
    low: bool | None

    def wanted(self, count: int) -> int:
        """How many instances would bring the metric to its target."""
        assert self.value is not None
        return math.ceil(max(count, 1) * self.value / self.target)


def wanted(count: int, minimum: int, maximum: int, looks: Sequence[Look]) -> int:
    """How many instances there shall be.

    Any policy may add instances, and the one that asks for most decides. They are taken away only when every
    policy that may do so wants it, and then as few as any of them wants.

    Args:
        count: how many there are.
        minimum: the least.
        maximum: the most.
        looks: the target's policies.
    """
    known = [look for look in looks if look.value is not None]
    more = [look.wanted(count) for look in known if look.high]
    if more:
        return min(max(count, *more), maximum) if max(more) > count else count
    taking = [look for look in looks if look.low is not None]
    if not taking or not all(look.low and look.value is not None for look in taking):
        return count
    return max(min(count, max(look.wanted(count) for look in taking)), minimum)
