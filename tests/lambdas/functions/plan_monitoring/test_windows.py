"""Windows of served time, and which of them are wanted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.functions.plan_monitoring.windows import (
    DueWindow,
    Window,
    WindowRecord,
    at,
    awaiting_labels,
    checked_window,
    due_windows,
    first_windows,
)
from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import decode_input
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.monitoring import MonitoringInput

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2026, 3, 5, 0, 20, tzinfo=UTC)


def day(number: int) -> Window:
    start = datetime(2026, 3, number, tzinfo=UTC)
    return Window(start, start + DAY)


def recorded(window: Window, **changes: Any) -> WindowRecord:
    return WindowRecord(window=window, **{"digest": "d", "rows": 5, **changes})


def chosen(*known: WindowRecord, now: datetime = NOW, **changes: Any) -> list[tuple[Window, str]]:
    options = {"every": DAY, "settling": timedelta(minutes=15), "open_too": False, **changes}
    return [(one.window, one.why) for one in due_windows(None, known, now=now, **options)]


def test_a_windows_name_is_its_interval_and_back() -> None:
    window = Window(datetime(2013, 11, 1, tzinfo=UTC), datetime(2013, 12, 1, tzinfo=UTC))
    assert window.id == "20131101T000000Z_20131201T000000Z"
    assert Window.of_id(window.id) == window
    assert encode(window.bounds) == {"start": "2013-11-01T00:00:00Z", "end": "2013-12-01T00:00:00Z"}
    assert window.holds(window.start) and not window.holds(window.end)


@given(st.integers(1, 31 * 24), st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2099, 1, 1)))
def test_the_grid_covers_all_time_once(hours: int, moment: datetime) -> None:
    every = timedelta(hours=hours)
    window = at(moment.replace(tzinfo=UTC), every)
    assert window.holds(moment.replace(tzinfo=UTC))
    assert window.end - window.start == every
    assert at(window.end, every).start == window.end


def test_days_begin_at_midnight_and_weeks_on_mondays() -> None:
    assert at(NOW, DAY) == day(5)
    week = at(NOW, 7 * DAY)
    assert week.start == datetime(2026, 3, 2, tzinfo=UTC)
    assert week.start.weekday() == 0


def test_first_the_last_complete_window_is_asked_for() -> None:
    assert chosen() == [(day(4), "asked")]
    # Its captures have not settled yet.
    assert chosen(now=NOW - timedelta(minutes=10)) == [(day(3), "asked")]


def test_a_window_that_passed_uncomputed_is_caught_up_with() -> None:
    found = chosen(recorded(day(1)), recorded(day(3)))
    assert found == [(day(2), "missing"), (day(4), "asked")]


def test_a_computed_window_is_looked_at_again_only_as_the_last() -> None:
    assert chosen(recorded(day(3)), recorded(day(4))) == [(day(4), "asked")]


def test_a_window_that_nobody_was_told_of_is_missing_though_it_is_not_the_last() -> None:
    lost = recorded(day(2), digest="")
    options: dict[str, Any] = {"now": NOW, "every": DAY, "settling": HOUR, "open_too": False}
    found = due_windows(None, [recorded(day(1)), lost, recorded(day(3))], **options)
    assert [(one.window, one.why, one.record) for one in found] == [
        (day(2), "missing", lost),
        (day(3), "asked", recorded(day(3))),
    ]


def test_from_the_first_window_on_those_are_missing_that_came_to_nothing() -> None:
    begun = day(2).start
    assert chosen(begun=begun) == [(day(2), "missing"), (day(3), "missing"), (day(4), "asked")]
    assert chosen(begun=begun, earliest=day(3).start) == [(day(3), "missing"), (day(4), "asked")]
    assert chosen(recorded(day(1)), begun=begun)[0] == (day(2), "missing")


def test_windows_off_the_grid_are_not_caught_up_from() -> None:
    odd = Window(day(1).start + HOUR, day(1).start + 2 * HOUR)
    assert chosen(recorded(odd)) == [(day(4), "asked")]


def test_a_batch_window_is_wanted_before_it_is_over() -> None:
    assert chosen(recorded(day(4)), open_too=True) == [(day(4), "asked"), (day(5), "asked")]
    assert chosen(open_too=True) == [(day(4), "asked"), (day(5), "asked")]


def test_only_the_window_that_was_given_is_wanted() -> None:
    odd = Window(day(1).start, day(1).start + timedelta(seconds=90))
    found = due_windows(
        odd, [recorded(odd), recorded(day(1))], now=NOW, every=DAY, settling=HOUR, open_too=True
    )
    assert [(one.window, one.why, one.record) for one in found] == [(odd, "given", recorded(odd))]


def test_labels_are_awaited_for_a_while_and_until_they_are_complete() -> None:
    known = (
        recorded(day(1), coverage=0.1),
        recorded(day(2), coverage=0.2),
        recorded(day(3), coverage=None),
        recorded(day(4), coverage=0.99),
        recorded(day(4), rows=0),
    )
    found = awaiting_labels(known, now=NOW, within=3 * DAY, complete=0.95)
    assert [one.window for one in found] == [day(2), day(3)]


def wants(number: int, why: Any, computed_at: str = "") -> DueWindow:
    known = recorded(day(number), computed_at=computed_at) if why == "labels" else None
    return DueWindow(window=day(number), why=why, record=known)


def turn(*found: DueWindow, most: int) -> list[int]:
    return [one.window.start.day for one in first_windows(found, most)]


def test_windows_with_labels_get_their_turn_the_one_computed_longest_ago_first() -> None:
    labels = [wants(number, "labels", f"2026-03-{30 - number}") for number in range(1, 9)]
    assert turn(wants(20, "asked"), *labels, most=4) == [6, 7, 8, 20]


def test_neither_missing_windows_nor_those_with_labels_keep_the_others_waiting() -> None:
    labels = [wants(number, "labels", f"2026-03-{number:02}") for number in range(1, 9)]
    missing = [wants(number, "missing") for number in range(11, 19)]
    assert turn(*labels, *missing, wants(20, "asked"), most=5) == [1, 2, 17, 18, 20]
    assert turn(*labels[:1], *missing, wants(20, "asked"), most=5) == [1, 16, 17, 18, 20]
    assert turn(*labels, *missing[:1], wants(20, "asked"), most=5) == [1, 2, 3, 11, 20]


def checked(document: dict[str, Any]) -> Window | None:
    return checked_window(decode_input(MonitoringInput, document).window, NOW)


def test_an_input_is_read_as_utc() -> None:
    given_window = {"start": "2026-03-01T01:00:00+01:00", "end": "2026-03-02"}
    window = checked({"window": given_window, "reason": "why", "package_version": 3})
    assert window == Window(day(1).start, day(2).start)
    assert checked({}) is None
    # Somebody's clock may go ahead a little.
    assert checked({"window": {"start": "2026-03-05", "end": "2026-03-05T00:21:00"}})


@pytest.mark.parametrize(
    ("given_input", "said"),
    [
        ({"windw": {}}, "unknown key 'windw'"),
        ({"window": {"start": "2026-03-01"}}, "give an object with start and end"),
        ({"window": {"start": "2026-03-02", "end": "2026-03-01"}}, "is not before"),
        ({"window": {"start": "soon", "end": "2026-03-01"}}, "ISO 8601"),
        ({"window": {"start": "2026-03-04", "end": "2026-03-05T00:21:01"}}, "has not come yet"),
        ({"window": {"start": "2024-03-04", "end": "2026-03-05"}}, "at most 400 days"),
        ({"window": {"start": "2026-03-01T00:00:00.5", "end": "2026-03-02"}}, "whole seconds"),
        ({"package_version": "3"}, "package_version is '3'"),
    ],
)
def test_an_input_that_cannot_be_used_is_refused(given_input: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        checked(given_input)
