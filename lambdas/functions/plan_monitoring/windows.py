"""Windows of served time, and which of them an execution is to compute. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from lambdas.aws.packages import check_version
from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import checked_object

INPUT_KEYS = ("window", "package_version")
"""The input contract besides the texts for the audit; every key is optional."""

MOST_WINDOWS = 31
"""How many windows one execution computes; the next start finds those that were left."""

LONGEST = timedelta(days=400)
SKEW = timedelta(minutes=1)
"""How far the clock of who asks for a window may go ahead."""

_FIRST = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday: windows of a week begin on Mondays, those of a day at midnight, all in UTC."""

Why = Literal["given", "asked", "missing", "labels"]
"""Why a window is computed: the input gives it, every start asks for it, nobody was told of it though it
passed, or its labels may have come."""


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

    def to_plan(self) -> dict[str, str]:
        """As plans and events hold it."""
        return {"start": f"{self.start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{self.end:%Y-%m-%dT%H:%M:%SZ}"}


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What the audit table holds of a window that was computed.

    Attributes:
        digest: over everything that it was computed from; empty while nobody was told of it.
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
class Wanted:
    """A window to look at, and why."""

    window: Window
    why: Why
    recorded: Recorded | None = None


def checked_input(value: object, now: datetime) -> dict[str, Any]:
    """The execution's input, `window` as a `Window`.

    Raises:
        InvalidInput: for anything but an object with the contract's keys, or a window that has not passed.
    """
    given = checked_object(value, INPUT_KEYS)
    check_version(given)
    interval = given.get("window")
    if interval is None:
        return {**given, "window": None}
    if not isinstance(interval, Mapping) or set(interval) != {"start", "end"}:
        raise InvalidInput(f"window is {interval!r}: give an object with start and end.")
    start, end = (_moment(f"window.{edge}", interval[edge]) for edge in ("start", "end"))
    if start >= end:
        raise InvalidInput(f"window.start {start} is not before window.end {end}: swap or correct them.")
    if end - start > LONGEST:
        raise InvalidInput(f"window is {end - start} long: give at most {LONGEST.days} days.")
    if end > now + SKEW:
        raise InvalidInput(f"window.end {end} has not come yet at {now:%Y-%m-%dT%H:%M:%SZ}: wait for it.")
    return {**given, "window": Window(start, end)}


def _moment(where: str, text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidInput(
            f"{where} is {text!r}: give a date or time in ISO 8601, such as 2013-10-01."
        ) from error
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.microsecond:
        raise InvalidInput(f"{where} is {text!r}: give whole seconds.")
    return moment


def last_complete(now: datetime, *, every: timedelta, settling: timedelta) -> Window:
    """The last window of the grid whose captures have settled."""
    return at(now - settling - every, every)


def at(moment: datetime, every: timedelta) -> Window:
    """The window of the grid that a moment lies in."""
    start = _FIRST + (moment - _FIRST) // every * every
    return Window(start, start + every)


def wanted(
    given: Window | None,
    recorded: Iterable[Recorded],
    *,
    now: datetime,
    every: timedelta,
    settling: timedelta,
    open_too: bool,
    begun: datetime | None = None,
    earliest: datetime | None = None,
) -> list[Wanted]:
    """The windows asked for, and those that passed since the first one and nobody was told of, in order.

    Args:
        given: the only one that is asked for; None for the last that is complete.
        settling: how long after its end a window's captures may still be written.
        open_too: whether the window that is not over yet is asked for as well, because what is published in
            it is complete by itself.
        begun: when the monitor's first window began, also where that one came to nothing.
        earliest: from when on windows are looked for.
    """
    known = {one.window: one for one in recorded}
    if given is not None:
        return [Wanted(window=given, why="given", recorded=known.get(given))]
    last = last_complete(now, every=every, settling=settling)
    asked = [last, *([Window(last.end, last.end + every)] if open_too else [])]
    firsts = [window for window in known if at(window.start, every) == window]
    firsts += [at(begun, every)] if begun else []
    first = min(firsts, default=last)
    passed = _between(first if earliest is None else max(first, at(earliest, every)), last, every)
    told = {window for window, one in known.items() if one.digest}
    found = [
        Wanted(window=window, why="missing", recorded=known.get(window))
        for window in passed
        if window not in told and window not in asked
    ]
    return found + [Wanted(window=window, why="asked", recorded=known.get(window)) for window in asked]


def _between(first: Window, last: Window, every: timedelta) -> list[Window]:
    found = []
    start = first.start
    while start <= last.start:
        found.append(Window(start, start + every))
        start += every
    return found


def awaiting_labels(
    recorded: Iterable[Recorded], *, now: datetime, within: timedelta, complete: float
) -> Iterator[Recorded]:
    """The computed windows that labels may still come for.

    Args:
        complete: share of the rows with a label from which a window is complete.
    """
    for one in recorded:
        if one.rows and one.window.end + within >= now and (one.coverage or 0.0) < complete:
            yield one


def in_turn(found: Sequence[Wanted], most: int = MOST_WINDOWS) -> list[Wanted]:
    """As many of the windows as one execution computes, in the order of time; the others wait for the next.

    First those asked for. What is left is halved between the missing ones, the last first, so that a long gap
    is caught up with from its end, and those that labels came for, the one computed longest ago first, so
    that each gets its turn however often label files come. What one half does not need the other gets.
    """
    missing = [one for one in found if one.why == "missing"]
    labels = [one for one in found if one.why == "labels"]
    asked = [one for one in found if one not in missing and one not in labels]
    missing.sort(key=lambda one: one.window, reverse=True)
    labels.sort(key=lambda one: (one.recorded.computed_at if one.recorded else "", one.window))
    room = most - len(asked)
    for_labels = max(room // 2, room - len(missing))
    chosen = labels[:for_labels]
    chosen += missing[: room - len(chosen)]
    return sorted([*asked, *chosen], key=lambda one: one.window)


def before(window: Window, known: Sequence[Window]) -> Window | None:
    """The latest of the windows that ended when this one began."""
    return max((one for one in known if one.end <= window.start), key=lambda one: one.end, default=None)
