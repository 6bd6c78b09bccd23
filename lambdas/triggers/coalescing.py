"""Coalesces many triggers into one retraining, at its time, with every reason kept."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lambdas.leases.requests import utc_text
from mdlc_constructs.settings.patience import Patience

ON_REQUEST = "request"
MAX_REASON_CHARACTERS = 300
"""The reasons of many triggers travel together, and a report says more."""


@dataclass(frozen=True, kw_only=True)
class TriggerEvent:
    """A trigger that fired.

    Args:
        event_id: the same for every delivery of the same event.
        at: when it fired, with a time zone.
        report: the S3 URI of the drift or accuracy report that led to it, or nothing.
        labelled_until: up to when labels are complete, ISO 8601, or nothing.
        drifted_at: since when data are distributed otherwise, ISO 8601, or nothing.
        version: the package version that drifted or got worse, or nothing where it is about no version.
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
        if len(self.reason) > MAX_REASON_CHARACTERS:
            object.__setattr__(self, "reason", f"{self.reason[: MAX_REASON_CHARACTERS - 3]}...")


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

    `request_id` follows from the model and the first trigger, so that whoever coalesces again, with more
    triggers or the same ones, asks for the same retraining.
    """

    request_id: str
    starts_at: datetime
    priority: int
    events: Sequence[TriggerEvent]

    def to_input(self) -> dict[str, str]:
        """The texts of the training machine's input that the audit keeps."""
        return {
            "trigger": "+".join(sorted({event.trigger for event in self.events})),
            "reason": "; ".join(dict.fromkeys(event.reason for event in self.events)),
            "request_id": self.request_id,
        }


def coalesce_triggers(
    model: str, events: Iterable[TriggerEvent], past: Past, patience: Patience
) -> Retraining | None:
    """One retraining of all triggers, or None when none fired.

    It starts when the debounce after the first trigger is over, and not before the cool-down after the last
    retraining is: but a request by a person waits for no cool-down, only for its own debounce.
    """
    once = {event.event_id: event for event in sorted(events, key=_order, reverse=True)}
    if not once:
        return None
    in_order = sorted(once.values(), key=_order)
    first = in_order[0]
    starts_at = first.at + patience.debounce
    if past.ended_at is not None:
        starts_at = max(starts_at, past.ended_at + patience.cool_down_after(past.losses))
    requests = [event.at + patience.debounce for event in in_order if event.trigger == ON_REQUEST]
    key = f"{model}\n{first.event_id}\n{utc_text(first.at)}"
    return Retraining(
        request_id=hashlib.sha256(key.encode()).hexdigest()[:32],
        starts_at=min([starts_at, *requests]),
        priority=max(event.priority for event in in_order),
        events=in_order,
    )


def _order(event: TriggerEvent) -> tuple[datetime, str, str, str]:
    return event.at, event.event_id, event.trigger, event.reason
