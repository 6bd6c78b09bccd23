"""Makes one retraining of many triggers, at its time, with every reason kept."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lambdas.leases.requests import moment
from mdlc_constructs.settings.patience import Patience

ON_REQUEST = "request"
LONGEST_REASON = 300
"""Characters: the reasons of many triggers travel together, and a report says more."""


@dataclass(frozen=True, kw_only=True)
class Fired:
    """A trigger that fired.

    Args:
        event_id: the same for every delivery of the same event.
        at: when it fired, with a time zone.
        report: the S3 URI of the drift or accuracy report that led to it, or nothing.
        labelled_until: up to when labels are complete, ISO 8601, or nothing.
        drifted_at: since when the world is another, ISO 8601, or nothing.
        version: the package version that was found wanting, or nothing where it is about no version.
        window: the training window that a person asked for, as JSON, or nothing.
        holdout: see window.
    """

    event_id: str
    trigger: str
    reason: str
    at: datetime
    priority: int
    report: str = ""
    labelled_until: str = ""
    drifted_at: str = ""
    version: str = ""
    window: str = ""
    holdout: str = ""

    def __post_init__(self) -> None:
        if len(self.reason) > LONGEST_REASON:
            object.__setattr__(self, "reason", f"{self.reason[: LONGEST_REASON - 3]}...")


def is_replaced(version: str, champion: str) -> bool:
    """Whether what was found of a version says nothing about the one that serves.

    Args:
        version: nothing for what is about no version.
        champion: nothing before the first, when nothing can have been replaced.
    """
    return bool(version and champion) and version != champion


@dataclass(frozen=True, kw_only=True)
class Past:
    """How the model's retrainings went: when the last one ended, and how many in a row lost since a win."""

    ended_at: datetime | None = None
    losses: int = 0

    def after(self, *, won: bool, at: datetime) -> "Past":
        """The past once another retraining has ended."""
        return Past(ended_at=at, losses=0 if won else self.losses + 1)


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """What the triggers ask for together.

    `request_id` follows from the model and the first trigger, so that whoever gathers again, with more
    triggers or the same ones, asks for the same retraining.
    """

    request_id: str
    starts_at: datetime
    priority: int
    fired: Sequence[Fired]

    def to_input(self) -> dict[str, str]:
        """The texts of the training machine's input that the audit keeps."""
        return {
            "trigger": "+".join(sorted({one.trigger for one in self.fired})),
            "reason": "; ".join(dict.fromkeys(one.reason for one in self.fired)),
            "request_id": self.request_id,
        }


def gathered(model: str, fired: Iterable[Fired], past: Past, patience: Patience) -> Retraining | None:
    """One retraining of all triggers, or None when none fired.

    It starts when the debounce after the first trigger is over, and not before the cool-down after the last
    retraining is: but a request by a person waits for no cool-down, only for its own debounce.
    """
    once = {one.event_id: one for one in sorted(fired, key=_order, reverse=True)}
    if not once:
        return None
    all_fired = sorted(once.values(), key=_order)
    first = all_fired[0]
    starts_at = first.at + patience.debounce
    if past.ended_at is not None:
        starts_at = max(starts_at, past.ended_at + patience.cool_down_after(past.losses))
    asked = [one.at + patience.debounce for one in all_fired if one.trigger == ON_REQUEST]
    key = f"{model}\n{first.event_id}\n{moment(first.at)}"
    return Retraining(
        request_id=hashlib.sha256(key.encode()).hexdigest()[:32],
        starts_at=min([starts_at, *asked]),
        priority=max(one.priority for one in all_fired),
        fired=all_fired,
    )


def _order(one: Fired) -> tuple[datetime, str, str, str]:
    return one.at, one.event_id, one.trigger, one.reason
