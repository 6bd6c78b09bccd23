"""The rows that a retraining uses: `window` and `holdout` in the input of the training state machine.

The latest rows are always the holdout, on which challenger and champion are compared: they are new to both.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal, TypeAlias

from mdlc_constructs.settings.numbers import check_duration
from mdlc_constructs.settings.payloads.retraining import WindowSettings

MIN_DURATION, MAX_DURATION = timedelta(minutes=1), timedelta(days=3650)
Intervals: TypeAlias = dict[str, dict[str, str]]


def _text(when: datetime) -> str:
    plain = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    return plain.isoformat(timespec="seconds")


def _intervals(start: datetime | None, end: datetime, holdout: timedelta) -> Intervals:
    began = {} if start is None else {"start": _text(start)}
    return {
        "window": {**began, "end": _text(end)},
        "holdout": {"start": _text(end - holdout), "end": _text(end)},
    }


@dataclass(frozen=True, kw_only=True)
class SlidingWindow:
    """Trains on the latest rows only.

    Args:
        length: the duration of the training data before the holdout.
        holdout: the duration of the holdout.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    kind: ClassVar[Literal["sliding"]] = "sliding"

    length: timedelta
    holdout: timedelta

    def __post_init__(self) -> None:
        check_duration("holdout", self.holdout, MIN_DURATION, MAX_DURATION)
        check_duration("length", self.length, MIN_DURATION, MAX_DURATION)

    def intervals(self, end: datetime, drifted_at: datetime | None = None) -> Intervals:
        """The machine's ``window`` and ``holdout`` when labels are complete up to ``end``."""
        return _intervals(end - self.holdout - self.length, end, self.holdout)


@dataclass(frozen=True, kw_only=True)
class ExpandingWindow:
    """Trains on all rows before the holdout.

    Args:
        holdout: the duration of the holdout.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    kind: ClassVar[Literal["expanding"]] = "expanding"

    holdout: timedelta

    def __post_init__(self) -> None:
        check_duration("holdout", self.holdout, MIN_DURATION, MAX_DURATION)

    def intervals(self, end: datetime, drifted_at: datetime | None = None) -> Intervals:
        """The machine's ``window`` and ``holdout`` when labels are complete up to ``end``."""
        return _intervals(None, end, self.holdout)


@dataclass(frozen=True, kw_only=True)
class SinceDrift:
    """Trains on the rows since the drift began, within a minimum and a maximum duration.

    Args:
        shortest: the minimum duration of the training data before the holdout.
        longest: the maximum duration, also used when no drift is known.
        holdout: the duration of the holdout.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    kind: ClassVar[Literal["since-drift"]] = "since-drift"

    shortest: timedelta
    longest: timedelta
    holdout: timedelta

    def __post_init__(self) -> None:
        check_duration("holdout", self.holdout, MIN_DURATION, MAX_DURATION)
        check_duration("shortest", self.shortest, MIN_DURATION, MAX_DURATION)
        check_duration("longest", self.longest, self.shortest, MAX_DURATION)

    def intervals(self, end: datetime, drifted_at: datetime | None = None) -> Intervals:
        """The machine's ``window`` and ``holdout`` when labels are complete up to ``end``."""
        judged = end - self.holdout
        earliest, latest = judged - self.longest, judged - self.shortest
        start = earliest if drifted_at is None else min(max(drifted_at, earliest), latest)
        return _intervals(start, end, self.holdout)


TrainingWindow: TypeAlias = SlidingWindow | ExpandingWindow | SinceDrift


def window_to_payload(window: TrainingWindow) -> WindowSettings:
    """A window as the Lambda functions get it: its kind, and durations in seconds."""
    durations = {each.name: int(getattr(window, each.name).total_seconds()) for each in fields(window)}
    return WindowSettings(kind=window.kind, **durations)


def window_from_payload(payload: WindowSettings) -> TrainingWindow:
    """The window in a payload that `window_to_payload` returned."""
    kinds: tuple[type[TrainingWindow], ...] = (SlidingWindow, ExpandingWindow, SinceDrift)
    kind = next(kind for kind in kinds if kind.kind == payload.kind)
    durations = {each.name: timedelta(seconds=getattr(payload, each.name)) for each in fields(kind)}
    return kind(**durations)
