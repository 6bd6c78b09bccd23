"""Who approves a model package that passed the gate, and for how long a decision is waited for."""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_duration
from mdlc_constructs.settings.refusal import refusal, unknown

_MODES = ("automatic", "manual")
_MIN_WAIT, _MAX_WAIT = timedelta(minutes=1), timedelta(days=300)
"""The bounds of waiting; Step Functions ends an execution after a year."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who approves: create one with `Approval.automatic` (the gate) or `Approval.manual` (a person).

    Attributes:
        remind_after: how long after its registration an event `Approval Reminder` is published for a version
            that is still pending; None publishes none.
        expires_after: how long after its registration a version that is still pending is rejected; None
            rejects none.

    Raises:
        ValueError: for times that contradict each other, or that nobody waits for.
    """

    mode: str
    remind_after: timedelta | None = None
    expires_after: timedelta | None = None

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise unknown("mode", self.mode, _MODES, what="mode of approval")
        for name in ("remind_after", "expires_after"):
            value = getattr(self, name)
            if value is None:
                continue
            check_duration(name, value, _MIN_WAIT, _MAX_WAIT)
            if self.is_automatic:
                raise refusal(name, str(value), "the gate approves at once; use Approval.manual(...).")
        if self.remind_after and self.expires_after and self.expires_after <= self.remind_after:
            raise refusal(
                "expires_after",
                str(self.expires_after),
                f"the reminder comes after {self.remind_after}; give a longer time.",
            )

    @classmethod
    def automatic(cls) -> "Approval":
        """A package that passes the gate is approved at once."""
        return cls(mode="automatic")

    @classmethod
    def manual(
        cls, *, remind_after: timedelta | None = None, expires_after: timedelta | None = None
    ) -> "Approval":
        """A package that passes the gate stays pending until a person decides, as by `mdlc approve`.

        Args:
            remind_after: publish the event `Approval Reminder` when nobody has decided for so long.
            expires_after: reject the package when nobody has decided for so long.
        """
        return cls(mode="manual", remind_after=remind_after, expires_after=expires_after)

    @property
    def is_automatic(self) -> bool:
        """Whether a package that passes the gate is approved without a person."""
        return self.mode == "automatic"

    @property
    def is_timed(self) -> bool:
        """Whether a pending package is reminded of, or expires."""
        return self.remind_after is not None or self.expires_after is not None
