from datetime import datetime

import duckdb
import pytest

from jobs.database import single
from jobs.forecasts.steps import begins_on_calendar, later, step_number, step_offset
from mdlc_constructs.settings.forecast import FREQUENCIES

STARTS = {
    "min": "2024-02-29 23:59:00",
    "h": "2024-02-29 23:30:00",
    "D": "1969-12-31 06:00:00",
    "W": "2023-12-27 00:00:00",
    "MS": "2023-12-01 00:00:00",
    "QS": "2023-10-01 00:00:00",
    "YS": "1969-01-01 00:00:00",
}


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_steps_of_every_frequency_are_numbered_one_after_another(frequency: str) -> None:
    with duckdb.connect() as connection:
        start = f"TIMESTAMP '{STARTS[frequency]}'"
        number, offset = step_number(frequency, start), step_offset(frequency, start)
        for steps in (1, 2, 15):
            after = later(frequency, start, str(steps))
            found = single(
                connection,
                f"SELECT {step_number(frequency, after)} - {number}, "
                f"{step_offset(frequency, after)} - {offset}",
            )
            assert found == (steps, 0)


@pytest.mark.parametrize(
    ("frequency", "wrong"),
    [("MS", "2024-01-31"), ("QS", "2024-02-01"), ("YS", "2024-01-02"), ("h", "2024-01-01 00:00:01")],
)
def test_a_time_behind_the_beginning_of_its_step_is_known(frequency: str, wrong: str) -> None:
    with duckdb.connect() as connection:
        time = f"TIMESTAMP '{wrong}'"
        (offset,) = single(connection, f"SELECT {step_offset(frequency, time)}")
    assert isinstance(offset, int) and offset > 0
    assert begins_on_calendar(frequency) == (frequency != "h")


def test_months_later_are_months_of_the_calendar() -> None:
    with duckdb.connect() as connection:
        (found,) = single(connection, f"SELECT {later('MS', 'DATE ' + repr('2024-01-01'), '13')}")
    assert found == datetime(2025, 2, 1)
