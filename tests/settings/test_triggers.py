import json
from collections.abc import Callable
from typing import Any, get_args

import pytest

from mdlc_constructs.settings.triggers import (
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnRequest,
    OnSchedule,
    Trigger,
    decode_trigger,
    encode_trigger,
)

NOT_A_NUMBER = float("nan")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: OnSchedule(schedule="weekly"), r"schedule='weekly': give cron\(...\) or rate\(...\)"),
        (lambda: OnSchedule(schedule="rate(7 days)", priority=10), "priority=10: give a whole number"),
        (lambda: OnNewData(), "files=None: new rows are estimated by those of the last retraining"),
        (lambda: OnNewData(rows=10_000), "files=None: .* give a number of files, beside rows or alone"),
        (lambda: OnNewData(rows=0, files=1), "rows=0: give a whole number of rows from 1"),
        (lambda: OnNewData(files=0), "files=0: give a whole number of files from 1"),
        (lambda: OnNewData(files=1, priority=-1), "priority=-1"),
        (lambda: OnDrift(windows=0), "windows=0: give a whole number of windows from 1 to 100"),
        (
            lambda: OnDrift(columns=text("carrier")),
            r"columns='carrier': give a tuple of names: \('carrier',\)",
        ),
        (lambda: OnDrift(columns=("a", "")), "columns=.*empty name; leave it out"),
        (lambda: OnDrift(priority=10), "priority=10"),
        (lambda: OnAccuracyLoss(metric="acu", loss=0.1), "metric='acu': no such metric; did you mean 'auc'"),
        (lambda: OnAccuracyLoss(metric="auc"), "bound=None: without loss nothing is too bad"),
        (
            lambda: OnAccuracyLoss(metric="auc", beyond_chance="yes"),  # type: ignore[arg-type]
            "beyond_chance='yes': give True or False",
        ),
        (lambda: OnAccuracyLoss(metric="auc", bound=1.1), "bound=1.1: give a value that auc can have"),
        (lambda: OnAccuracyLoss(metric="rmse", bound=-1), "bound=-1: give a value that rmse can have"),
        (lambda: OnAccuracyLoss(metric="rmse", bound=NOT_A_NUMBER), "bound=nan"),
        (lambda: OnAccuracyLoss(metric="auc", bound=True), "bound=True"),
        (lambda: OnAccuracyLoss(metric="auc", loss=0), "loss=0: give a number above 0"),
        (lambda: OnAccuracyLoss(metric="auc", loss=0.1, windows=101), "windows=101"),
        (lambda: OnAccuracyLoss(metric="auc", loss=0.1, least_rows=0), "least_rows=0"),
        (lambda: OnAccuracyLoss(metric="auc", loss=0.1, priority=10), "priority=10"),
        (lambda: OnCodeChange(priority=10), "priority=10"),
        (lambda: OnRequest(priority=10), "priority=10"),
    ],
)
def test_what_starts_nothing_is_refused_with_the_remedy(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def text(value: Any) -> Any:
    """A value of a wrong type, as a caller without a type checker gives it."""
    return value


def test_every_trigger_has_its_own_name() -> None:
    names = [kind.name for kind in get_args(Trigger)]
    assert len(set(names)) == len(names) == 6


@pytest.mark.parametrize(
    ("trigger", "rows", "files", "due"),
    [
        (OnNewData(rows=10, files=101), 9, 100, False),
        (OnNewData(rows=10, files=1), 10, 0, True),
        (OnNewData(files=2), 10**6, 1, False),
        (OnNewData(rows=10, files=2), 0, 2, True),
    ],
)
def test_new_data_is_enough_by_rows_or_by_files(trigger: OnNewData, rows: int, files: int, due: bool) -> None:
    assert trigger.is_due(rows=rows, files=files) is due


@pytest.mark.parametrize(
    ("trigger", "value", "at_training", "due"),
    [
        (OnAccuracyLoss(metric="auc", bound=0.7), 0.69, None, True),
        (OnAccuracyLoss(metric="auc", bound=0.7), 0.70, None, False),
        (OnAccuracyLoss(metric="auc", loss=0.05), 0.69, 0.75, True),
        (OnAccuracyLoss(metric="auc", loss=0.05), 0.71, 0.75, False),
        (OnAccuracyLoss(metric="auc", loss=0.05), 0.1, None, False),
        (OnAccuracyLoss(metric="log_loss", bound=0.5), 0.6, None, True),
        (OnAccuracyLoss(metric="log_loss", bound=0.5), 0.4, None, False),
        (OnAccuracyLoss(metric="log_loss", loss=0.1), 0.65, 0.5, True),
        (OnAccuracyLoss(metric="auc", bound=0.7, loss=0.05), NOT_A_NUMBER, 0.75, False),
    ],
)
def test_accuracy_is_lost_in_the_metrics_own_direction(
    trigger: OnAccuracyLoss, value: float, at_training: float | None, due: bool
) -> None:
    assert trigger.is_due(value, at_training) is due


@pytest.mark.parametrize(
    "trigger",
    [
        OnSchedule(schedule="rate(7 days)", priority=9),
        OnNewData(rows=10, files=2),
        OnDrift(windows=2, columns=("price",)),
        OnAccuracyLoss(metric="auc", loss=0.05, windows=3),
        OnAccuracyLoss(metric="auc", beyond_chance=True),
        OnCodeChange(),
        OnRequest(),
    ],
    ids=lambda one: one.name,
)
def test_a_trigger_comes_back_from_its_plan(trigger: Trigger) -> None:
    assert decode_trigger(json.loads(json.dumps(encode_trigger(trigger)))) == trigger
