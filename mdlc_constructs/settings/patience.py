"""How long a retraining waits: for more triggers, and after the last retraining."""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_duration
from mdlc_constructs.settings.payloads.retraining import PatienceSettings
from mdlc_constructs.settings.refusal import refusal

MAX_DEBOUNCE, MAX_COOL_DOWN = timedelta(days=1), timedelta(days=365)
MAX_GROWTH = 10.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When triggers start a retraining.

    Args:
        debounce: how long after the first trigger further ones join the same retraining. They do not extend
            the time.
        cool_down: the minimum time between a retraining and the next.
        grows: the factor by which the cool-down grows each time the challenger loses; a win resets it.
        longest: the longest that the cool-down can become.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    debounce: timedelta = timedelta(minutes=10)
    cool_down: timedelta = timedelta(days=1)
    grows: float = 2.0
    longest: timedelta = timedelta(days=14)

    def __post_init__(self) -> None:
        check_duration("debounce", self.debounce, timedelta(0), MAX_DEBOUNCE)
        check_duration("cool_down", self.cool_down, timedelta(0), MAX_COOL_DOWN)
        check_duration("longest", self.longest, timedelta(0), MAX_COOL_DOWN)
        if self.longest < self.cool_down:
            raise refusal("longest", str(self.longest), f"is below cool_down={self.cool_down}; raise it.")
        if (
            isinstance(self.grows, bool)
            or not isinstance(self.grows, (int, float))
            or not 1 <= self.grows <= MAX_GROWTH
        ):
            raise refusal("grows", self.grows, f"give a factor from 1 to {MAX_GROWTH:g}.")

    def cool_down_after(self, losses: int) -> timedelta:
        """The cool-down, in whole seconds, after that many consecutive losses of challengers."""
        left, bound = self.cool_down.total_seconds(), self.longest.total_seconds()
        for _ in range(losses):
            grown = min(left * self.grows, bound)
            if grown == left:
                break
            left = grown
        return timedelta(seconds=int(left))

    def to_payload(self) -> PatienceSettings:
        """The payload for the Lambda functions, with durations in seconds."""
        return PatienceSettings(
            debounce=self.debounce.total_seconds(),
            cool_down=self.cool_down.total_seconds(),
            grows=self.grows,
            longest=self.longest.total_seconds(),
        )

    @classmethod
    def from_payload(cls, payload: PatienceSettings) -> "Patience":
        """The settings in a payload that `to_payload` returned."""
        return cls(
            debounce=timedelta(seconds=payload.debounce),
            cool_down=timedelta(seconds=payload.cool_down),
            grows=payload.grows,
            longest=timedelta(seconds=payload.longest),
        )
