"""Monitoring windows, and which of them an execution computes. Pure functions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from lambdas.planning.errors import InvalidInput
from mdlc_constructs.settings.payloads.codec import PayloadError
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.monitoring import WindowBounds

MAX_WINDOWS = 31
"""How many windows one execution computes; the next execution finds those that were left."""

MAX_LENGTH = timedelta(days=400)
SKEW = timedelta(minutes=1)
"""How far the caller's clock may be ahead of ours."""

_FIRST = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday, so that weekly windows begin on Mondays and daily ones at midnight, in UTC."""

Why = Literal["given", "asked", "missing", "labels"]
"""Why a window is computed: `given`, the input names it; `asked`, every execution computes it (the last
complete one); `missing`, it was never published; `labels`, there are new label files."""


@dataclass(frozen=True, order=True, slots=True)
class Window:
    """A half-open interval of serving time, from `start` to before `end`, in UTC."""

    start: datetime
    end: datetime

    @property
    def id(self) -> str:
        """Its id, such as `20131101T000000Z_20131201T000000Z`."""
        return f"{self.start:%Y%m%dT%H%M%SZ}_{self.end:%Y%m%dT%H%M%SZ}"

    @classmethod
    def of_id(cls, text: str) -> "Window":
        """The window of an id."""
        start, end = (
            datetime.strptime(part, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for part in text.split("_")
        )
        return cls(start, end)

    def holds(self, moment: datetime) -> bool:
        """Whether the window contains a time."""
        return self.start <= moment < self.end

    @property
    def interval(self) -> Interval:
        """The window as the job's plan holds it."""
        return Interval(start=self.bounds.start, end=self.bounds.end)

    @property
    def bounds(self) -> WindowBounds:
        """The window as the state machine's plan and events hold it."""
        return WindowBounds(start=f"{self.start:%Y-%m-%dT%H:%M:%SZ}", end=f"{self.end:%Y-%m-%dT%H:%M:%SZ}")


@dataclass(frozen=True, kw_only=True)
class WindowRecord:
    """A computed window as recorded in the audit table.

    Attributes:
        digest: of everything that it was computed from; empty while its event was not published.
        served_version: digest of its captures and published batches.
        labels_version: data version of its label files; empty without labels.
        version: the package version whose baseline it was compared with; None for a window without rows.
        coverage: share of its rows that have a label; None without labels.
        folder: the folder of its report; empty for a window without rows.
        consistency: the result of its replay, as text.
        planned_at: ISO start time of the execution that computed it; files written later are not in it.
        computed_at: ISO time of the record.
    """

    window: Window
    digest: str
    served_version: str = ""
    labels_version: str = ""
    version: int | None = None
    rows: int = 0
    coverage: float | None = None
    folder: str = ""
    consistency: str = ""
    planned_at: str = ""
    computed_at: str = ""


@dataclass(frozen=True, kw_only=True)
class DueWindow:
    """A window to look at, and why."""

    window: Window
    why: Why
    record: WindowRecord | None = None


def checked_window(interval: Interval | None, now: datetime) -> Window | None:
    """The window that an execution's input names; None when it names none.

    Raises:
        InvalidInput: for a window that is open, too long, or not over yet.
    """
    if interval is None:
        return None
    try:
        start, end = interval.moments("window")
    except PayloadError as error:
        raise InvalidInput(str(error)) from error
    if start is None or end is None:
        raise InvalidInput(
            f"window goes from {interval.start!r} to {interval.end!r}: give an object with start and end."
        )
    if end - start > MAX_LENGTH:
        raise InvalidInput(f"window is {end - start} long: give at most {MAX_LENGTH.days} days.")
    if end > now + SKEW:
        raise InvalidInput(f"window.end {end} has not come yet at {now:%Y-%m-%dT%H:%M:%SZ}: wait for it.")
    return Window(start, end)


def last_complete(now: datetime, *, every: timedelta, settling: timedelta) -> Window:
    """The last regular window whose captures are all written."""
    return at(now - settling - every, every)


def at(moment: datetime, every: timedelta) -> Window:
    """The regular window, of length `every`, that contains a time."""
    start = _FIRST + (moment - _FIRST) // every * every
    return Window(start, start + every)


def due_windows(
    named: Window | None,
    records: Iterable[WindowRecord],
    *,
    now: datetime,
    every: timedelta,
    settling: timedelta,
    open_too: bool,
    begun: datetime | None = None,
    earliest: datetime | None = None,
) -> list[DueWindow]:
    """The windows to compute in any case, and the past ones that were never published, in order of time.

    Args:
        named: the window that the input names, the only one to compute; None for the last complete one.
        settling: how long after its end a window's captures may still be written.
        open_too: whether to compute the current window as well: published batches are complete in themselves.
        begun: when the monitor's first window began, even if that one failed.
        earliest: how far back to look for windows that were never published.
    """
    known = {record.window: record for record in records}
    if named is not None:
        return [DueWindow(window=named, why="given", record=known.get(named))]
    last = last_complete(now, every=every, settling=settling)
    asked = [last, *([Window(last.end, last.end + every)] if open_too else [])]
    firsts = [window for window in known if at(window.start, every) == window]
    firsts += [at(begun, every)] if begun else []
    first = min(firsts, default=last)
    passed = _between(first if earliest is None else max(first, at(earliest, every)), last, every)
    published = {window for window, record in known.items() if record.digest}
    missing = [
        DueWindow(window=window, why="missing", record=known.get(window))
        for window in passed
        if window not in published and window not in asked
    ]
    return missing + [DueWindow(window=window, why="asked", record=known.get(window)) for window in asked]


def _between(first: Window, last: Window, every: timedelta) -> list[Window]:
    windows = []
    start = first.start
    while start <= last.start:
        windows.append(Window(start, start + every))
        start += every
    return windows


def awaiting_labels(
    records: Iterable[WindowRecord], *, now: datetime, within: timedelta, complete: float
) -> Iterator[WindowRecord]:
    """The computed windows for which labels may still arrive.

    Args:
        complete: the share of labelled rows at which a window counts as complete.
    """
    for record in records:
        if record.rows and record.window.end + within >= now and (record.coverage or 0.0) < complete:
            yield record


def first_windows(due: Sequence[DueWindow], most: int = MAX_WINDOWS) -> list[DueWindow]:
    """At most `most` of the windows, in the order of time; the others are left for the next execution.

    Those of the input and the schedule come first. Missing windows and windows with new labels share the
    rest equally; either gets what the other does not need. Missing windows are taken from the latest back.
    Of those with new labels, the one computed longest ago comes first, so that frequent label files do not
    keep any window from being computed.
    """
    missing = [each for each in due if each.why == "missing"]
    labels = [each for each in due if each.why == "labels"]
    asked = [each for each in due if each not in missing and each not in labels]
    missing.sort(key=lambda each: each.window, reverse=True)
    labels.sort(key=lambda each: (each.record.computed_at if each.record else "", each.window))
    room = most - len(asked)
    for_labels = max(room // 2, room - len(missing))
    chosen = labels[:for_labels]
    chosen += missing[: room - len(chosen)]
    return sorted([*asked, *chosen], key=lambda each: each.window)
