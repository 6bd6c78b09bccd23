from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import SplitSection
from mdlc_constructs.settings.split import Split


def test_by_time_gives_adjoining_intervals() -> None:
    made = Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1))
    assert encode(made.to_plan())["intervals"] == {
        "train": {"start": None, "end": "2013-09-01T00:00:00"},
        "validation": {"start": "2013-09-01T00:00:00", "end": "2013-10-01T00:00:00"},
        "holdout": {"start": "2013-10-01T00:00:00", "end": None},
    }


def test_times_with_a_zone_become_utc() -> None:
    there = timezone(timedelta(hours=2))
    made = Split.by_time(
        validation_from=datetime(2013, 9, 1, 2, tzinfo=there), holdout_from=datetime(2013, 10, 1, tzinfo=UTC)
    )
    assert made.intervals is not None
    assert made.intervals["validation"] == ("2013-09-01T00:00:00", "2013-10-01T00:00:00")


def test_by_fraction_leaves_the_rest_to_training() -> None:
    made = Split.by_fraction(validation=0.1, holdout=0.2)
    assert made.to_plan() == SplitSection(fractions={"train": 0.7, "validation": 0.1, "holdout": 0.2})


def test_time_runs_forward() -> None:
    with pytest.raises(ValueError, match=r"holdout_from=.*must be after validation_from"):
        Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 9, 1))
    with pytest.raises(ValueError, match=r"holdout_to=.*must be after holdout_from"):
        Split.by_time(
            validation_from=date(2013, 8, 1), holdout_from=date(2013, 9, 1), holdout_to=date(2013, 1, 1)
        )


@pytest.mark.parametrize(("validation", "holdout"), [(0.0, 0.2), (0.1, 1.0), (0.5, 0.5), (0.9, 0.2)])
def test_shares_leave_something_to_train_on(validation: float, holdout: float) -> None:
    with pytest.raises(ValueError, match=r"validation=|holdout="):
        Split.by_fraction(validation=validation, holdout=holdout)


def test_a_split_is_made_one_way_or_the_other() -> None:
    with pytest.raises(ValueError, match="by_time"):
        Split()
