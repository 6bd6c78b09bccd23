"""A training execution's input, and the split's intervals that result from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import decode_input
from mdlc_constructs.settings.payloads.codec import PayloadError
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.moments import Interval, parse_moment
from mdlc_constructs.settings.payloads.split import SplitSection
from mdlc_constructs.settings.payloads.training import TrainingInput

Input = TypeVar("Input", bound=TrainingInput)


def checked_input(document: object) -> TrainingInput:
    """The execution's input with normalized intervals, so that equal intervals have equal digests.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    return with_normalized_intervals(decode_input(TrainingInput, document))


def with_normalized_intervals(payload: Input) -> Input:
    """The same input with its intervals in canonical form.

    Raises:
        InvalidInput: for an interval that is empty, or whose start or end is not a time.
    """
    try:
        return replace(
            payload,
            window=payload.window and payload.window.normalized("window"),
            holdout=payload.holdout and payload.holdout.normalized("holdout"),
        )
    except PayloadError as error:
        raise InvalidInput(str(error)) from error


def _moment(name: str, text: str | None) -> datetime | None:
    """A time in UTC without a time zone, as jobs use it; None for None."""
    return None if text is None else parse_moment(text, name).replace(tzinfo=None)


def resolve_split(split: SplitSection, training: TrainingInput, *, has_time: bool = True) -> SplitSection:
    """The settings' split, changed by the window and holdout of the execution's input.

    With a holdout in the input, the validation interval moves to end at its start and keeps its length, and
    training ends where validation starts. So the parts stay in order of time.

    Args:
        has_time: whether the dataset has a timestamp.

    Raises:
        InvalidInput: when the result is empty or out of order.
    """
    window, holdout = training.window, training.holdout
    if not has_time and (window or holdout):
        name = "window" if window else "holdout"
        raise InvalidInput(
            f"{name} was given but the dataset has no timestamp: leave it out, or name the timestamp."
        )
    if split.intervals is None:
        if holdout:
            raise InvalidInput(
                f"holdout was given but the workflow splits {_method(split)}: use Split.by_time, or leave it "
                "out."
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


def _method(split: SplitSection) -> str:
    """The kind of a split that is not by intervals of time, as text."""
    if split.random:
        return "at random"
    return "by column" if split.column else "by prefix" if split.prefixes else "by fraction"


def _moved(validation: Interval, last: Interval, holdout: Interval) -> tuple[Interval, Interval]:
    """The validation interval and the holdout, after the input's holdout replaces the settings' holdout."""
    old_start, old_end = (
        _moment("validation", validation.start),
        _moment("validation", validation.end),
    )
    start = _moment("holdout.start", holdout.start or last.start)
    assert old_start is not None and old_end is not None and start is not None
    moved = Interval(start=(start - (old_end - old_start)).isoformat(), end=start.isoformat())
    return moved, Interval(start=start.isoformat(), end=holdout.end)


def _check_order(resolved: Mapping[str, Interval]) -> None:
    moments = [
        _moment(f"{part}.{edge}", getattr(resolved[part], edge))
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
