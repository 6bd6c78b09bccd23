"""How long a retraining waits: for more triggers to join it, and after the last one."""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_duration
from mdlc_constructs.settings.payloads.retraining import PatienceSettings
from mdlc_constructs.settings.refusal import refusal

MAX_DEBOUNCE, MAX_COOL_DOWN = timedelta(days=1), timedelta(days=365)
MAX_GROWTH = 10.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When triggers become a retraining.

    Args:
        debounce: how long after the first trigger others join the same retraining. Later ones do not
            put it off.
        cool_down: how long after a retraining the next may start.
        grows: what the cool-down is multiplied with each time the challenger loses; a win resets it.
        longest: what it never grows beyond.

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
        """How long to wait when so many challengers in a row lost, to the second."""
        left, bound = self.cool_down.total_seconds(), self.longest.total_seconds()
        for _ in range(losses):
            grown = min(left * self.grows, bound)
            if grown == left:
                break
            left = grown
        return timedelta(seconds=int(left))

    def to_payload(self) -> PatienceSettings:
        """As functions get it: durations in seconds."""
        return PatienceSettings(
            debounce=self.debounce.total_seconds(),
            cool_down=self.cool_down.total_seconds(),
            grows=self.grows,
            longest=self.longest.total_seconds(),
        )

    @classmethod
    def from_payload(cls, payload: PatienceSettings) -> "Patience":
        """The patience of `to_payload`."""
        return cls(
            debounce=timedelta(seconds=payload.debounce),
            cool_down=timedelta(seconds=payload.cool_down),
            grows=payload.grows,
            longest=timedelta(seconds=payload.longest),
        )
