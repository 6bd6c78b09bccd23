"""The least effects that count as drift, as a plan says them.

The noun is ``mdlc_constructs.settings.DriftThresholds``, which the jobs do not carry; a test holds the fields
of the two together.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from jobs.errors import PlanError


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """``psi`` for numbers, ``cramers_v`` for categories, ``joint_auc`` for all columns together, ``shift``
    for the ranks of numbers (None: not tested), the rest in shares.

    ``alpha`` is the share of windows without any drift that may alarm, whatever their columns' number.
    """

    psi: float = 0.1
    cramers_v: float = 0.15
    missing_share: float = 0.05
    new_share: float = 0.01
    vanished_share: float = 0.01
    outside_share: float = 0.01
    joint_auc: float = 0.6
    shift: float | None = None
    alpha: float = 0.01

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is None and name == "shift":
                continue
            if value is None or not 0 < value < math.inf or (name == "alpha" and value >= 1):
                raise ValueError(f"{name}={value!r}: give a number above 0 (alpha also below 1).")

    @classmethod
    def from_plan(cls, document: Mapping[str, Any] | None) -> "Thresholds":
        """The ``thresholds`` of a plan; what it leaves out has its default.

        :raises PlanError: when it holds something else, or no number.
        """
        given = dict(document or {})
        known = [field.name for field in fields(cls)]
        strange = sorted(set(given) - set(known))
        if strange:
            raise PlanError(f"monitor.thresholds: {strange[0]!r} is none of {', '.join(known)}.")
        try:
            if given.get("shift") is None:
                given.pop("shift", None)
            return cls(**{name: float(value) for name, value in given.items()})
        except (TypeError, ValueError) as error:
            raise PlanError(f"monitor.thresholds: {error}") from error

    def to_json(self) -> dict[str, float | None]:
        """The thresholds as plain values."""
        return asdict(self)
