"""What is to be seen when a version that answers wrongly was released and rolled back again."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.aws import TIME_SCALE, Execution
from tests.end_to_end.load import Asked

GOOD, BROKEN = 2, 3
"""The version that serves before and afterwards, and the one that is released."""

_UNLIKELY = 1e-7
"""How often chance alone may break a bound on a share, on either side."""


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """A release of the broken version, and how things stand after it.

    Attributes:
        asked: the requests from its beginning to some time after its end.
        ended: when it was over.
        events: the detail of the workflow's events, by detail type.
        config: the configuration that the endpoint serves.
        good_config: the one that it served before.
    """

    execution: Execution
    asked: tuple[Asked, ...]
    ended: float
    package: dict[str, Any]
    audit: dict[str, str]
    events: dict[str, dict[str, Any]]
    champion: dict[str, str]
    config: str
    good_config: str

    @property
    def served(self) -> tuple[Asked, ...]:
        """The requests that the broken version answered, in the order in which they were sent."""
        answered = (one for one in self.asked if one.version == BROKEN)
        return tuple(sorted(answered, key=lambda one: one.began))

    @property
    def seconds_served(self) -> float:
        """From its first answer to its last, in the seconds of the embedded AWS."""
        return (max(one.ended for one in self.served) - self.served[0].began) * TIME_SCALE

    @property
    def meanwhile(self) -> tuple[Asked, ...]:
        """What was asked between its first and its last answer; these two prove nothing of its share."""
        first, last = self.served[0], self.served[-1]
        return tuple(one for one in self.asked if first.began < one.began < last.began)


def it_was_sent_back_by_quality(after: Aftermath) -> None:
    assert (after.execution.status, after.execution.error) == ("FAILED", "RolledBack")
    assert "Quality is in ALARM state" in after.execution.cause


def the_package_is_rejected_with_the_reason(after: Aftermath) -> None:
    assert after.package["ModelApprovalStatus"] == "Rejected"
    assert after.package["ApprovalDescription"].startswith("RolledBack: ")
    assert "Quality is in ALARM state" in after.package["ApprovalDescription"]


def it_is_on_record(after: Aftermath) -> None:
    expected = {"workflow": "release", "outcome": "Failed", "error": "RolledBack", "version": str(BROKEN)}
    assert {name: after.audit.get(name) for name in expected} == expected
    assert "Quality is in ALARM state" in after.audit["cause"]


def it_was_announced(after: Aftermath) -> None:
    assert set(after.events) == {"Release Failed"}
    event = after.events["Release Failed"]
    assert (event["error"], event["version"]) == ("RolledBack", str(BROKEN))


def the_champion_is_the_good_version(after: Aftermath) -> None:
    assert after.champion["version"] == str(GOOD)


def the_endpoint_has_the_good_configuration(after: Aftermath) -> None:
    assert after.config == after.good_config


def the_good_version_answers_again(after: Aftermath) -> None:
    later = [one.version for one in after.asked if one.began > after.ended]
    assert len(later) > 10
    assert set(later) == {GOOD}


CHECKS: tuple[Callable[[Aftermath], None], ...] = (
    it_was_sent_back_by_quality,
    the_package_is_rejected_with_the_reason,
    it_is_on_record,
    it_was_announced,
    the_champion_is_the_good_version,
    the_endpoint_has_the_good_configuration,
    the_good_version_answers_again,
)
"""What a rollback is. Each of these fails where nothing watches the quality of answers."""


def bounds(draws: int, share: float) -> tuple[int, int]:
    """Between what counts of successes all but two in ten million experiments stay, of so many draws."""
    logs = [
        math.lgamma(draws + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(draws - hits + 1)
        + hits * math.log(share)
        + (draws - hits) * math.log1p(-share)
        for hits in range(draws + 1)
    ]
    chances = [math.exp(one) for one in logs]
    low, below = 0, chances[0]
    while below < _UNLIKELY:
        low += 1
        below += chances[low]
    high, above = draws, chances[draws]
    while above < _UNLIKELY:
        high -= 1
        above += chances[high]
    return low, high
