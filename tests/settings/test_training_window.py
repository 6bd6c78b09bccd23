import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lambdas.planning.intervals import checked_input, resolve_split
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.retraining import WindowSettings
from mdlc_constructs.settings.split import Split
from mdlc_constructs.settings.training_window import (
    ExpandingWindow,
    SinceDrift,
    SlidingWindow,
    TrainingWindow,
    window_from_payload,
    window_to_payload,
)

DAYS = timedelta(days=1)
END = datetime(2013, 10, 1, tzinfo=UTC)
HOLDOUT = {"start": "2013-09-17T00:00:00", "end": "2013-10-01T00:00:00"}
DRIFT = SinceDrift(shortest=30 * DAYS, longest=120 * DAYS, holdout=14 * DAYS)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: SlidingWindow(length=0 * DAYS, holdout=DAYS), "length='0:00:00': give whole seconds"),
        (lambda: SlidingWindow(length=DAYS, holdout=0 * DAYS), "holdout='0:00:00'"),
        (lambda: ExpandingWindow(holdout=4000 * DAYS), "holdout='4000 days"),
        (lambda: SinceDrift(shortest=2 * DAYS, longest=DAYS, holdout=DAYS), "longest='1 day.*from 2 days"),
        (lambda: SinceDrift(shortest=0 * DAYS, longest=DAYS, holdout=DAYS), "shortest='0:00:00'"),
        (lambda: SinceDrift(shortest=DAYS, longest=DAYS, holdout=0 * DAYS), "holdout='0:00:00'"),
    ],
)
def test_an_empty_or_endless_window_is_refused(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


@pytest.mark.parametrize(
    ("window", "drifted_at", "start"),
    [
        (SlidingWindow(length=90 * DAYS, holdout=14 * DAYS), None, "2013-06-19T00:00:00"),
        (SlidingWindow(length=90 * DAYS, holdout=14 * DAYS), datetime(2013, 8, 1), "2013-06-19T00:00:00"),
        (DRIFT, datetime(2013, 8, 1, tzinfo=UTC), "2013-08-01T00:00:00"),
        (DRIFT, datetime(2013, 9, 29, tzinfo=UTC), "2013-08-18T00:00:00"),
        (DRIFT, datetime(2012, 1, 1, tzinfo=UTC), "2013-05-20T00:00:00"),
        (DRIFT, None, "2013-05-20T00:00:00"),
    ],
)
def test_where_training_begins(window: TrainingWindow, drifted_at: datetime | None, start: str) -> None:
    assert window.intervals(END, drifted_at) == {
        "window": {"start": start, "end": "2013-10-01T00:00:00"},
        "holdout": HOLDOUT,
    }


def test_an_expanding_window_has_no_beginning_and_times_are_in_utc() -> None:
    zone = timezone(timedelta(hours=2))
    assert ExpandingWindow(holdout=14 * DAYS).intervals(datetime(2013, 10, 1, 2, tzinfo=zone)) == {
        "window": {"end": "2013-10-01T00:00:00"},
        "holdout": HOLDOUT,
    }


@pytest.mark.parametrize(
    "window", [SlidingWindow(length=90 * DAYS, holdout=14 * DAYS), ExpandingWindow(holdout=14 * DAYS), DRIFT]
)
def test_the_training_machine_takes_every_window(window: TrainingWindow) -> None:
    split = Split.by_time(validation_from=datetime(2013, 4, 1), holdout_from=datetime(2013, 4, 15))
    resolved = resolve_split(split.to_plan(), checked_input(window.intervals(END)))
    assert resolved.intervals is not None
    assert vars(resolved.intervals["holdout"]) == HOLDOUT
    assert resolved.intervals["validation"].start == "2013-09-03T00:00:00" == resolved.intervals["train"].end


@pytest.mark.parametrize(
    "window", [SlidingWindow(length=90 * DAYS, holdout=14 * DAYS), ExpandingWindow(holdout=14 * DAYS), DRIFT]
)
def test_a_window_comes_back_from_its_plan(window: TrainingWindow) -> None:
    assert (
        window_from_payload(decode(WindowSettings, json.loads(json.dumps(encode(window_to_payload(window))))))
        == window
    )
