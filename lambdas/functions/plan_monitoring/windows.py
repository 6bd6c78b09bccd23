"""Windows of served time, and which of them an execution is to compute. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from lambdas.planning.errors import InvalidInput
from mdlc_constructs.settings.payloads.codec import PayloadError
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.monitoring import WindowBounds

MAX_WINDOWS = 31
"""How many windows one execution computes; the next start finds those that were left."""

MAX_LENGTH = timedelta(days=400)
SKEW = timedelta(minutes=1)
"""How far the clock of who asks for a window may go ahead."""

_FIRST = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday: windows of a week begin on Mondays, those of a day at midnight, all in UTC."""

Why = Literal["given", "asked", "missing", "labels"]
"""Why a window is computed: the input names it, every start asks for it, it passed and was never published,
or its labels may have come."""


@dataclass(frozen=True, order=True, slots=True)
class Window:
    """Served time from `start` to before `end`, in UTC."""

    start: datetime
    end: datetime

    @property
    def id(self) -> str:
        """Its name: `20131101T000000Z_20131201T000000Z`."""
        return f"{self.start:%Y%m%dT%H%M%SZ}_{self.end:%Y%m%dT%H%M%SZ}"

    @classmethod
    def of_id(cls, text: str) -> "Window":
        """The window of that name."""
        start, end = (
            datetime.strptime(part, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for part in text.split("_")
        )
        return cls(start, end)

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.end

    @property
    def interval(self) -> Interval:
        """As the job's plan holds it."""
        return Interval(start=self.bounds.start, end=self.bounds.end)

    @property
    def bounds(self) -> WindowBounds:
        """As the machine's plan and events hold it."""
        return WindowBounds(start=f"{self.start:%Y-%m-%dT%H:%M:%SZ}", end=f"{self.end:%Y-%m-%dT%H:%M:%SZ}")


@dataclass(frozen=True, kw_only=True)
class WindowRecord:
    """What the audit table holds of a window that was computed.

    Attributes:
        digest: over everything that it was computed from; empty while its event was not published.
        served_version: of what was served in it.
        labels_version: of the label files it was computed with; empty without.
        version: the package version it was judged with; None for a window without rows.
        coverage: share of its rows that have a label; None without labels.
        folder: where its report lies; empty for a window without rows.
        consistency: what replaying it found, as text.
        planned_at: when the execution began that computed it, ISO; what came later it does not know.
        computed_at: when it was recorded, ISO.
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
        InvalidInput: for a window that is open, too long, or has not passed.
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
    """The last window of the grid whose captures have settled."""
    return at(now - settling - every, every)


def at(moment: datetime, every: timedelta) -> Window:
    """The window of the grid that a moment lies in."""
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
    """The windows asked for, and those that passed since the first one and were never published, in order.

    Args:
        named: the only one that is asked for; None for the last that is complete.
        settling: how long after its end a window's captures may still be written.
        open_too: whether the window that is not over yet is asked for as well, because what is published in
            it is complete by itself.
        begun: when the monitor's first window began, also where that one came to nothing.
        earliest: from when on windows are looked for.
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
    """The computed windows that labels may still come for.

    Args:
        complete: share of the rows with a label from which a window is complete.
    """
    for record in records:
        if record.rows and record.window.end + within >= now and (record.coverage or 0.0) < complete:
            yield record


def first_windows(due: Sequence[DueWindow], most: int = MAX_WINDOWS) -> list[DueWindow]:
    """As many of the windows as one execution computes, in the order of time; the others wait for the next.

    First those asked for. What is left is halved between the missing ones, the last first, so that a long gap
    is caught up with from its end, and those that labels came for, the one computed longest ago first, so
    that each gets its turn however often label files come. What one half does not need the other gets.
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
