import json
from typing import Any

import pytest

from jobs.commands import quality
from tests.jobs.batches import Batch, Row
from tests.jobs.forecasts.lines import HEADER, plan, point, points

AHEAD = [point(shop, place, sold="") for shop in range(3) for place in (40, 41, 42)]


def findings(batch: Batch, made: list[Row], **sections: Any) -> list[tuple[str, bool, str]]:
    batch.write("a.csv", made, HEADER)
    quality.run(plan(batch, **sections), batch.folders())
    report = json.loads(batch.output("report", "report.json").read_text())
    return [(each["rule"], each["fails"], each["message"]) for each in report["findings"]]


def test_series_of_equal_steps_pass(batch: Batch) -> None:
    assert findings(batch, points()) == []


@pytest.mark.parametrize(
    ("made", "rule", "said"),
    [
        (
            [point(0, 3, day="2024-01-04T12:00:00") if row == point(0, 3) else row for row in points()],
            "irregular_steps",
            "Series 's0' has the time 2024-01-04 12:00:00, which is no whole number of steps of frequency "
            "'D' after its first: correct the times, or the frequency (1 row of 1 series).",
        ),
        (
            [*points(), point(1, 3), point(1, 4)],
            "repeated_steps",
            "Series 's1' has more than one row of the step 2024-01-04 00:00:00: keep one, or add their "
            "values up (2 rows of 1 series).",
        ),
        (
            [row for row in points() if row not in (point(0, 5), point(0, 6), point(2, 9))],
            "missing_steps",
            "Series 's0' has no row for the step after 2024-01-05 00:00:00: add one for each step, with an "
            "empty 'sold' where none is known (3 steps of 2 series).",
        ),
        (
            [*points(), point(9, 39)],
            "one_point",
            "Series 's9' has one value in 'sold', from which nothing can be continued: leave it out, or "
            "bring its history (1 such series).",
        ),
        (
            [point(1, place, sold="") if shop == 1 else point(shop, place) for shop in (0, 1, 2) for place in
             range(40)],
            "one_point",
            "Series 's1' has no value in 'sold', from which nothing can be continued: leave it out, or bring "
            "its history (1 such series).",
        ),
        (
            points(6),
            "short_series",
            "Series 's0' has 6 values, and 2 forecasts of 3 steps need 7: ask for fewer steps or origins, or "
            "bring more history (3 such series).",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_series_is_told_in_one_sentence(
    batch: Batch, made: list[Row], rule: str, said: str
) -> None:
    assert findings(batch, made) == [(rule, True, said)]


def test_a_short_series_among_long_ones_is_only_a_warning(batch: Batch) -> None:
    made = [*points(), *points(40, 5, first=35)[15:]]
    ((rule, fails, said),) = findings(batch, made)
    assert (rule, fails) == ("short_series", False)
    assert said.startswith("Series 's3' has 5 values") and "left out of the holdout (2 such series)" in said


def test_months_begin_on_their_first_day(batch: Batch) -> None:
    found = findings(batch, points(), forecast={"frequency": "MS"})
    assert found[0][:2] == ("irregular_steps", True)
    assert "has the time 2024-01-02 00:00:00, which is not the start of a month" in found[0][2]


def test_series_to_continue_need_the_known_columns_of_the_steps_to_come(batch: Batch) -> None:
    ((rule, fails, said),) = findings(batch, [*points(), *AHEAD[:5]], workflow="batch", split=None)
    assert (rule, fails) == ("unknown_future", True)
    assert said == (
        "Series 's1' lacks values of 'holiday' in the 3 steps after 2024-02-09 00:00:00: add rows of these "
        "steps, with an empty 'sold' (2 such series)."
    )


def test_series_with_their_future_pass(batch: Batch) -> None:
    assert findings(batch, [*points(), *AHEAD], workflow="batch", split=None) == []


def test_missing_values_are_no_missing_steps(batch: Batch) -> None:
    made = [point(0, place, sold="") if place in (3, 20) else point(0, place) for place in range(40)]
    assert findings(batch, [*made, *points(40, 2)[40:]]) == []


def test_a_holdout_by_dates_that_is_too_short_is_told_before_anything_is_trained(batch: Batch) -> None:
    split = {
        "intervals": {
            "train": {"start": None, "end": "2024-01-20T00:00:00"},
            "validation": {"start": "2024-01-20T00:00:00", "end": "2024-02-06T00:00:00"},
            "holdout": {"start": "2024-02-06T00:00:00", "end": None},
        }
    }
    ((rule, fails, said),) = findings(batch, points(), split=split)
    assert (rule, fails) == ("split", True)
    assert said.startswith(
        "The holdout from 2024-02-06T00:00:00 has 4 steps, and 2 forecasts of 3 steps need 6"
    )
