"""Coalesces many triggers into one retraining, with its start time and all reasons."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lambdas.leases.requests import utc_text
from mdlc_constructs.settings.patience import Patience

ON_REQUEST = "request"
MAX_REASON_CHARACTERS = 300
"""Longest reason of one trigger: one input holds the reasons of many, and the report has the details."""


@dataclass(frozen=True, kw_only=True)
class TriggerEvent:
    """A trigger that fired.

    Args:
        event_id: the same for every delivery of the same event.
        at: when it fired, with a time zone.
        report: S3 URI of the drift or accuracy report that fired it; empty without one.
        labelled_until: time until which labels are complete, ISO 8601; empty when unknown.
        drifted_at: time since which the data have drifted, ISO 8601; empty without drift.
        version: the package version that drifted or lost accuracy; empty when it is about no version.
        window: the training window that a person requested, as JSON; empty otherwise.
        holdout: the requested holdout, likewise.
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
    """Whether a trigger is about a version that is not the champion.

    Args:
        version: the trigger's version; empty when it is about no version.
        champion: the champion's version; empty before the first release.
    """
    return bool(version and champion) and version != champion


@dataclass(frozen=True, kw_only=True)
class Past:
    """The model's past retrainings: when the last one ended, and how many have lost since the last win."""

    ended_at: datetime | None = None
    losses: int = 0

    def after(self, *, won: bool, at: datetime) -> "Past":
        """The past after one more retraining."""
        return Past(ended_at=at, losses=0 if won else self.losses + 1)


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """The retraining that answers several triggers.

    `request_id` is derived from the model and the first trigger, so that coalescing again, with the same or
    more triggers, results in the same request.
    """

    request_id: str
    starts_at: datetime
    priority: int
    events: Sequence[TriggerEvent]

    def to_input(self) -> dict[str, str]:
        """The keys of the training machine's input that the audit table keeps."""
        return {
            "trigger": "+".join(sorted({event.trigger for event in self.events})),
            "reason": "; ".join(dict.fromkeys(event.reason for event in self.events)),
            "request_id": self.request_id,
        }


def coalesce_triggers(
    model: str, events: Iterable[TriggerEvent], past: Past, patience: Patience
) -> Retraining | None:
    """One retraining for all triggers, or None without triggers.

    It starts after the debounce from the first trigger, and after the cool-down from the last retraining. A
    request by a person skips the cool-down and waits only for its own debounce.
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
