"""How predictions are delivered, as plain values."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs import Dataset, Forecast
from mdlc_constructs.settings.delivery import ABOUT, LookUpTable, RowEvents
from mdlc_constructs.settings.payloads.job_plan import DeliverySection
from tests.workflows.settings import DATASET

TRIPS = replace(DATASET, entity="tail_number", row_key=("carrier", "flight"))


@pytest.mark.parametrize(
    ("noun", "given", "said"),
    [
        (LookUpTable, {"key": ""}, "key=''"),
        (LookUpTable, {"key": "score"}, "key='score': give 'row_key', the dataset's entity"),
        (LookUpTable, {"key": "expires_at"}, "key='expires_at'"),
        (LookUpTable, {"keep_for": timedelta(minutes=59)}, "keep_for='0:59:00': give whole seconds from"),
        (LookUpTable, {"keep_for": 30}, "keep_for=30: give a timedelta"),
        (LookUpTable, {"columns": "entity"}, "columns='entity': give a tuple of names"),
        (
            LookUpTable,
            {"columns": ("entitty",)},
            "columns='entitty': no such column .* did you mean 'entity'",
        ),
        (LookUpTable, {"parallel": 41}, "parallel=41: give a whole number of files from 1 to 40"),
        (RowEvents, {"detail_type": ""}, "detail_type=''"),
        (RowEvents, {"detail_type": "x" * 129}, "give 1 to 128 letters"),
        (RowEvents, {"detail_type": "Predictions Published"}, "the workflows publish under it"),
        (RowEvents, {"columns": ("score",)}, "columns='score'"),
        (RowEvents, {"parallel": 0}, "parallel=0"),
    ],
)
def test_a_refusal_names_argument_value_and_remedy(noun: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        noun(**given)


@pytest.mark.parametrize("key", ["row_key", "tail_number", "carrier", "flight"])
def test_items_are_found_by_what_prediction_records_hold(key: str) -> None:
    LookUpTable(key=key).check_dataset(TRIPS)


@pytest.mark.parametrize("key", ["distance", "carier", "entity"])
def test_a_key_that_prediction_records_do_not_hold_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=f"key='{key}': no such key of the dataset's predictions"):
        LookUpTable(key=key).check_dataset(TRIPS)


def test_events_ask_nothing_of_the_dataset() -> None:
    RowEvents().check_dataset(TRIPS)


def test_columns_keep_the_order_of_the_record() -> None:
    assert LookUpTable(columns=("entity", "row_key")).columns == ("row_key", "entity")
    assert RowEvents(columns=()).columns == ()
    assert LookUpTable().columns == ABOUT


def test_the_plan_has_seconds_and_names() -> None:
    assert LookUpTable(keep_for=timedelta(days=2), columns=()).to_plan() == DeliverySection(
        to="table", key="row_key", columns=(), keep_seconds=172_800
    )
    assert LookUpTable().to_plan().keep_seconds is None
    assert RowEvents(columns=("entity",)).to_plan() == DeliverySection(
        to="events", detail_type="Prediction", columns=("entity",)
    )


def test_a_digest_is_no_key_of_a_table() -> None:
    plain = replace(DATASET, row_key=())
    with pytest.raises(ValueError, match=r"key='row_key': the dataset has no row_key.*RowEvents"):
        LookUpTable().check_dataset(plain)
    LookUpTable(key="tail_number").check_dataset(replace(plain, entity="tail_number"))
    RowEvents().check_dataset(plain)


@pytest.mark.parametrize("key", ["shop", "day"])
def test_a_forecasts_steps_are_told_apart_by_their_row_key_only(key: str) -> None:
    sales = Dataset.csv(
        "s3://bucket/raw/",
        task="forecast",
        label="sold",
        timestamp="day",
        entity="shop",
        columns={},
        forecast=Forecast(horizon=2, frequency="D"),
    )
    LookUpTable().check_dataset(sales)
    RowEvents().check_dataset(sales)
    with pytest.raises(ValueError, match=f"key='{key}': a forecast has a row for each series and step"):
        LookUpTable(key=key).check_dataset(sales)


@pytest.mark.parametrize(
    ("task", "key"), [("multiclass", "prediction"), ("multiclass", "probabilities"), ("ranking", "rank")]
)
def test_a_key_cannot_be_named_like_what_the_task_delivers(task: str, key: str) -> None:
    LookUpTable(key=key).check_dataset(replace(DATASET, entity=key))
    given: dict[str, Any] = {"classes": ("a", "b", "c")} if task == "multiclass" else {"group": "query"}
    of_task = Dataset.csv(
        "s3://bucket/raw/",
        task=task,
        label="y",
        entity=key,
        row_key=("id",),
        columns={"x": "number"},
        **given,
    )
    LookUpTable().check_dataset(of_task)
    with pytest.raises(ValueError, match=f"key='{key}': items of the task '{task}' have an attribute"):
        LookUpTable(key=key).check_dataset(of_task)
