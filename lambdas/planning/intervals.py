"""What an execution asks for, and the intervals of time that follow from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import checked_object
from mdlc_constructs.settings.payloads.job_plan import PARTS, SplitSection
from mdlc_constructs.settings.payloads.moments import Interval

INPUT_KEYS = ("window", "holdout")
"""The input contract besides the texts for the audit; every key is optional."""


def moment_of(where: str, text: object) -> datetime | None:
    """A moment in UTC without a zone, or None for none.

    Raises:
        InvalidInput: for anything but ISO 8601, naming `where` it stands.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidInput(
            f"{where} is {text!r}: give a date or time in ISO 8601, such as 2013-10-01."
        ) from error
    # Jobs hold times in UTC without a zone; what comes without one is UTC.
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None


def checked_input(value: object) -> dict[str, Any]:
    """The execution's input, or an error that names the key, its value and the remedy.

    Raises:
        InvalidInput: for anything but an object with the contract's keys.
    """
    given = checked_object(value, INPUT_KEYS)
    for key in INPUT_KEYS:
        interval = given.get(key)
        if interval is None:
            continue
        if not isinstance(interval, Mapping) or not set(interval) <= {"start", "end"}:
            raise InvalidInput(f"{key} is {interval!r}: give an object with start and end.")
        start = moment_of(f"{key}.start", interval.get("start"))
        end = moment_of(f"{key}.end", interval.get("end"))
        if start is not None and end is not None and start >= end:
            raise InvalidInput(f"{key}.start {start} is not before {key}.end {end}: swap or correct them.")
        # One spelling of a moment, so that the same moment is the same work.
        given[key] = {"start": _text(start), "end": _text(end)}
    return given


def resolve_split(split: SplitSection, window: Interval | None, holdout: Interval | None) -> SplitSection:
    """The settings' split with the execution's window and holdout laid over it.

    The validation interval moves along with a holdout of the input and keeps its length, and training ends
    where validation starts: time order is never broken by an input.

    Raises:
        InvalidInput: when the result is empty or out of order.
    """
    if split.intervals is None:
        if holdout:
            raise InvalidInput(
                "holdout was given but the workflow splits by fraction: use Split.by_time, or leave it out."
            )
        return replace(split, window=window or split.window)
    train, validation, last = (split.intervals[part] for part in PARTS)
    if holdout:
        validation, last = _moved(validation, last, holdout)
        train = replace(train, end=validation.start)
    if window and window.start is not None:
        train = replace(train, start=window.start)
    if window and window.end is not None:
        last = replace(last, end=window.end)
    resolved = {"train": train, "validation": validation, "holdout": last}
    _check_order(resolved)
    return replace(split, intervals=resolved)


def _moved(validation: Interval, last: Interval, holdout: Interval) -> tuple[Interval, Interval]:
    """The validation interval and the holdout once the input's holdout replaces the settings' one."""
    old_start, old_end = (
        moment_of("validation", validation.start),
        moment_of("validation", validation.end),
    )
    start = moment_of("holdout.start", holdout.start or last.start)
    assert old_start is not None and old_end is not None and start is not None
    moved = Interval(start=(start - (old_end - old_start)).isoformat(), end=start.isoformat())
    return moved, Interval(start=start.isoformat(), end=holdout.end)


def _check_order(resolved: Mapping[str, Interval]) -> None:
    moments = [
        moment_of(f"{part}.{edge}", getattr(resolved[part], edge))
        for part in PARTS
        for edge in ("start", "end")
    ]
    known = [moment for moment in moments if moment is not None]
    if known != sorted(known) or any(
        a is not None and b is not None and a >= b for a, b in zip(moments[::2], moments[1::2], strict=True)
    ):
        spans = {part: f"{interval.start} to {interval.end}" for part, interval in resolved.items()}
        raise InvalidInput(
            f"The window leaves the split out of order or a part of it empty ({spans}): "
            f"give a window and holdout with training before validation before holdout."
        )
