from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.payloads.codec import PayloadError
from mdlc_constructs.settings.payloads.moments import Interval, parse_moment


@given(st.datetimes(min_value=datetime(1900, 1, 1)))
def test_a_moment_keeps_its_place_in_time(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert parse_moment(aware.isoformat()) == aware
    assert parse_moment(moment.isoformat()) == aware, "without a zone it is UTC"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-10-01", datetime(2013, 10, 1, tzinfo=UTC)),
        ("2013-10-01T05:00:00Z", datetime(2013, 10, 1, 5, tzinfo=UTC)),
        ("2013-10-01T05:00:00+02:00", datetime(2013, 10, 1, 3, tzinfo=UTC)),
    ],
)
def test_every_spelling_of_iso_8601_is_read(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


def test_an_interval_is_spelt_one_way() -> None:
    interval = Interval(start="2013-10-01T05:00:00+02:00", end="2013-10-02")
    assert interval.normalized("window") == Interval(start="2013-10-01T03:00:00", end="2013-10-02T00:00:00")
    assert Interval().normalized("window") == Interval()


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        (Interval(start="soon"), "window.start is 'soon': give a date or time in ISO 8601"),
        (Interval(start="2013-10-01T00:00:00.5"), "window.start is .*: give whole seconds"),
        (Interval(start="2013-10-02", end="2013-10-02"), "is not before window.end"),
    ],
)
def test_an_interval_that_holds_no_time_is_refused(interval: Interval, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        interval.moments("window")
