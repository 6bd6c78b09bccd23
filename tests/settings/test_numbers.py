from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.numbers import check_above, check_duration, check_whole


def test_bounds_of_a_whole_number_are_included() -> None:
    check_whole("n", 1, 1, 3)
    check_whole("n", 3, 1, 3)


@pytest.mark.parametrize("value", [0, 4, 2.0, True, "2", None])
def test_anything_but_a_whole_number_within_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"n=.*whole number of apples from 1 to 3"):
        check_whole("n", value, 1, 3, unit="apples")


@pytest.mark.parametrize("value", [0, 1.5, True, "1", float("nan"), -1.88815458970875e289])
def test_anything_but_a_number_above_is_refused(value: Any) -> None:
    check_above("n", 1, 0, 1)
    with pytest.raises(ValueError, match=r"n=.*above 0 and at most 1"):
        check_above("n", value, 0, 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (60, "give a timedelta"),
        (timedelta(seconds=61), "from 0:00:00 to 0:01:00"),
        (timedelta(seconds=-1), "from 0:00:00 to 0:01:00"),
        (timedelta(milliseconds=5), "whole seconds"),
    ],
)
def test_anything_but_whole_seconds_within_is_refused(value: Any, said: str) -> None:
    check_duration("d", timedelta(seconds=60), timedelta(0), timedelta(minutes=1))
    with pytest.raises(ValueError, match=said):
        check_duration("d", value, timedelta(0), timedelta(minutes=1))
