"""A measure of the groups of a protected column, and the difference between two of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.monitoring.intervals import Interval, difference


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A share or a mean, of so many rows.

    Args:
        variance: of the rows' values; None for a share of independent rows.
    """

    value: float
    rows: int
    variance: float | None = None


Groups = Mapping[str, Sample]


@dataclass(frozen=True, kw_only=True)
class GroupMeasure:
    """A measure of every group; ``labelled`` says whether it needs labels.

    Args:
        covariances: of the values of two groups, by both names; empty where groups are independent.
    """

    name: str
    groups: Groups
    labelled: bool
    covariances: Mapping[tuple[str, str], float] = field(default_factory=dict)


def difference_of(first: Sample, second: Sample, z: float, covariance: float = 0.0) -> tuple[float, Interval]:
    """The difference of two shares or of two means, and its interval.

    Means are compared by the normal distribution, with the variance of each group.

    Args:
        covariance: of the two means.
    """
    if first.variance is None or second.variance is None:
        shares = [(sample.value * sample.rows, sample.rows) for sample in (first, second)]
        return difference(shares[0], shares[1], z)
    gap = first.value - second.value
    variance = first.variance / first.rows + second.variance / second.rows - 2 * covariance
    half = z * math.sqrt(max(0.0, variance))
    return gap, (gap - half, gap + half)
