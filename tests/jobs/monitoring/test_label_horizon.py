from datetime import datetime, timedelta

import duckdb
import pytest

from jobs.monitoring.label_horizon import Reach, reach
from jobs.names import EVENT_TIME, LABEL, SERVED_AT
from mdlc_constructs.settings.payloads.moments import Interval
from tests.jobs.monitoring.windows import START, Window, event, opened, rows

DAY = Interval(start="2024-03-01T00:00:00+00:00", end="2024-03-02T00:00:00+00:00")
NOON = datetime(2024, 3, 1, 12)


def reached(times: list[datetime | None], window: Interval = DAY) -> Reach:
    """Of labelled rows with these event times, served at noon; and one without a label, years later."""
    with duckdb.connect() as connection:
        columns = f"{LABEL} DOUBLE, {EVENT_TIME} TIMESTAMP, {SERVED_AT} TIMESTAMP"
        connection.execute(f"CREATE TABLE judged ({columns})")
        connection.execute("INSERT INTO judged VALUES (NULL, '2050-01-01', '2024-03-01')")
        for time in times:
            connection.execute("INSERT INTO judged VALUES (1, ?, ?)", [time, NOON])
        return reach(connection, window)


def test_the_last_labelled_row() -> None:
    times: list[datetime | None] = [NOON + timedelta(minutes=step) for step in range(30)]
    assert reached(times) == Reach(until="2024-03-01T12:29:00+00:00")
    assert reached([NOON]) == Reach(until="2024-03-01T12:00:00+00:00")
    assert reached([None]) == Reach(until="2024-03-01T12:00:00+00:00")
    assert reached([]) == Reach()


@pytest.mark.parametrize("right", [2, 30, 400])
def test_a_wrong_year_is_left_out_and_counted(right: int) -> None:
    times: list[datetime | None] = [NOON + timedelta(minutes=step) for step in range(right)]
    last = (NOON + timedelta(minutes=right - 1)).isoformat() + "+00:00"
    assert reached([*times, datetime(2042, 3, 1)]) == Reach(until=last, beyond=1)


def test_a_tenth_of_wrong_times_is_left_out() -> None:
    times: list[datetime | None] = [NOON + timedelta(minutes=step) for step in range(90)]
    found = reached([*times, *[datetime(2042, 3, day) for day in range(1, 11)]])
    assert found == Reach(until="2024-03-01T13:29:00+00:00", beyond=10)


def test_a_time_in_the_past_hides_nothing() -> None:
    times: list[datetime | None] = [NOON + timedelta(minutes=step) for step in range(90)]
    found = reached([*times, *[datetime(1970, 1, 1)] * 9, datetime(2042, 3, 1)])
    assert found == Reach(until="2024-03-01T13:29:00+00:00", beyond=1)


def test_events_of_a_month_that_were_asked_about_within_an_hour() -> None:
    """As when history is replayed, or the next weeks' flights are asked about at once."""
    hour = Interval(start="2024-03-01T12:00:00Z", end="2024-03-01T13:00:00Z")
    times: list[datetime | None] = [NOON + timedelta(hours=step) for step in range(720)]
    assert reached(times, hour) == Reach(until="2024-03-31T11:00:00+00:00")


def test_a_label_with_a_wrong_time_does_not_move_the_end_of_all(window: Window) -> None:
    made = rows(40)
    wrong = {**rows(1, seed=2)[0], "at": "2042-03-01T00:00:00"}
    window.capture(event(row, at=START) for row in [*made, wrong])
    window.label([*made, wrong])
    with opened(window) as read:
        found = read.labels
    assert found.labelled == 41 and found.labelled_until == made[-1]["at"] + "+00:00"
    assert found.notes == (
        "1 labelled rows have an event time far above the others', of which the last "
        f"is {made[-1]['at']}+00:00: they do not say until when labels are known.",
    )
