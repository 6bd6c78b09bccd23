import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from mdlc_constructs import CustomImage, Dataset, Forecast, Labels, Split
from mdlc_constructs.settings.forecast import FREQUENCIES, SEASONS
from mdlc_constructs.settings.payloads.records import RecordTypes
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from mdlc_constructs.workflows.training.machine import training_machine
from mdlc_constructs.workflows.training.settings import TrainingSettings

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/forecaster:1"
FORECAST = Forecast(horizon=14, frequency="D", known=("holiday",))


def series(**changed: Any) -> Dataset:
    given: dict[str, Any] = {
        "task": "forecast",
        "label": "sold",
        "timestamp": "day",
        "entity": "shop",
        "columns": {"holiday": "boolean", "visitors": "integer"},
        "forecast": FORECAST,
    }
    return Dataset.csv("s3://bucket/raw/", **{**given, **changed})


def training(**changed: Any) -> TrainingSettings:
    algorithm = CustomImage(image_uri=IMAGE, content_type="application/jsonlines", environment={"MODE": "a"})
    return TrainingSettings(model="sales", dataset=series(), **{"algorithm": algorithm, **changed})


def test_the_points_of_series_are_identified_by_entity_and_time_and_learned_from_known_columns() -> None:
    dataset = series()
    assert dataset.row_key == ("shop", "day")
    assert dataset.columns["day"] == "timestamp" and dataset.columns["sold"] == "number"
    assert dataset.resolved_features == ("holiday",)
    plan = dataset.to_plan()
    assert plan.forecast is not None
    assert (plan.forecast.season, plan.answer_names) == (7, ("0.1", "0.5", "0.9"))
    assert set(plan.needed(label=False)) == {"shop", "day", "holiday", "sold"}


def test_series_need_no_other_column() -> None:
    bare = series(columns={}, forecast=Forecast(horizon=1, frequency="MS", season=6))
    assert bare.resolved_features == ()
    plan = bare.to_plan().forecast
    assert plan is not None and plan.season == 6


def test_every_frequency_has_a_season() -> None:
    assert set(SEASONS) == set(FREQUENCIES)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"entity": None}, "entity=None: a forecast needs the column that names the series."),
        ({"row_key": ("id",)}, "entity and timestamp identify; leave it out."),
        ({"weight": "visitors"}, "weight='visitors': a forecast learns from whole series; leave it out."),
        (
            {"features": ("visitors", "holiday")},
            "features='visitors': is not in forecast.known, and a forecast",
        ),
        ({"features": ("visitors",)}, "forecast.known='holiday': is not among the features; add it"),
        ({"columns": {}}, "forecast.known='holiday': no such column"),
        ({"columns": {"holiday": "text"}}, "features='holiday': is a text column"),
        ({"known_after": ("holiday",)}, "features='holiday': is known only after"),
        ({"forecast": {"horizon": 3}}, "such as Forecast(horizon=14"),
        ({"forecast": 14}, "forecast=14: give steps, such as Forecast(horizon=14"),
        ({"label": "shop"}, "label='shop': the label cannot also be"),
    ],
)
def test_what_a_forecast_cannot_learn_from_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        series(**changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"horizon": 0}, "horizon=0"),
        ({"season": 0}, "season=0"),
        ({"frequency": "M"}, "frequency='M': no such frequency"),
        ({"quantiles": (0.9, 0.5)}, "in increasing order"),
        ({"quantiles": (0.1, 0.9)}, "add 0.5"),
        ({"known": "holiday"}, "give a tuple of names"),
        ({"known": None}, "known=None: leave it out for none"),
        ({"known": {"holiday"}}, "a set has no order"),
        ({"quantiles": None}, "quantiles=None: give a tuple of levels, such as (0.1, 0.5, 0.9)."),
        ({"quantiles": 0.5}, "quantiles=0.5: give a tuple of levels"),
        ({"quantiles": {0.1, 0.5}}, "give a tuple of levels"),
        ({"quantiles": ("0.5",)}, "give levels between 0 and 1"),
        ({"frequency": ["D"]}, "no such frequency"),
        (
            {"known": ("x" * 200, "y" * 300)},
            "characters, and SageMaker takes 512; give fewer or shorter names, or fewer quantiles.",
        ),
        ({"quantiles": tuple(level / 100 for level in range(1, 100))}, "MDLC_FORECAST would have"),
    ],
)
def test_steps_that_nobody_can_foretell_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Forecast(**{"horizon": 2, "frequency": "D", **changed})


def test_containers_learn_what_is_asked_of_them_in_training_and_in_scoring() -> None:
    settings = training()
    machine: Any = training_machine(settings).to_asl()
    train, model = (machine["States"][name]["Arguments"] for name in ("Train", "CreateModel"))
    (container,) = [model.get("PrimaryContainer") or model["Containers"][0]]
    for environment in (train["Environment"], container["Environment"]):
        assert environment["MODE"] == "a"
        asked = json.loads(environment["MDLC_FORECAST"])
        assert asked == {
            "horizon": 14,
            "frequency": "D",
            "season": 7,
            "known": ["holiday"],
            "quantiles": ["0.1", "0.5", "0.9"],
        }
    assert {channel["ContentType"] for channel in train["InputDataConfig"]} == {"application/jsonlines"}
    score = machine["States"]["ScoreHoldout"]["ItemProcessor"]["States"]["ScoreModel"]["Arguments"]
    assert score["BatchStrategy"] == "SingleRecord"
    assert settings.to_plan()["importance"] is None


def test_records_of_series_are_lines() -> None:
    with pytest.raises(ValueError, match="content_type='text/csv': a forecast's records are series"):
        training(algorithm=CustomImage(image_uri=IMAGE))
    assert training().records.types == RecordTypes.of("application/jsonlines", "application/jsonlines")


def test_the_variable_of_a_forecast_is_not_overridden_and_fits() -> None:
    algorithm = CustomImage(
        image_uri=IMAGE, content_type="application/jsonlines", environment={"MDLC_FORECAST": "{}"}
    )
    with pytest.raises(ValueError, match="environment='MDLC_FORECAST': the workflow sets this variable"):
        training(algorithm=algorithm)
    shortest = Forecast(horizon=14, frequency="D", known=("x",)).to_environment()["MDLC_FORECAST"]
    longest = 512 - len(shortest) + 1
    Forecast(horizon=14, frequency="D", known=("x" * longest,))
    with pytest.raises(ValueError, match="would have 513 characters"):
        Forecast(horizon=14, frequency="D", known=("x" * (longest + 1),))


def test_steps_that_take_rows_refuse_a_forecast_by_name() -> None:
    with pytest.raises(ValueError, match=r"task='forecast': .*endpoint.*whole series.*use batch inference"):
        ReleaseSettings(model="sales", dataset=series())


def test_the_monitor_of_a_forecast_replays_nothing_and_has_no_segments() -> None:
    labels = Labels(uri="s3://bucket/raw/", by="entity_and_time")
    monitor = MonitoringSettings(model="sales", kind="batch", dataset=series(), labels=labels)
    assert (monitor.consistency, monitor.joint) == (None, False)
    with pytest.raises(ValueError, match=r"segments=.*rows of a forecast are steps to come"):
        MonitoringSettings(model="sales", kind="batch", dataset=series(), segments=("holiday",))


def test_a_gap_between_the_parts_travels_with_the_split() -> None:
    assert Split.by_fraction().to_plan().gap_seconds is None
    assert Split.by_fraction(gap=timedelta(days=7)).to_plan().gap_seconds == 7 * 86400
    with pytest.raises(ValueError, match=r"gap='-1 day, 0:00:00': give a time above 0"):
        Split.by_fraction(gap=timedelta(days=-1))


@pytest.mark.parametrize("split", [Split.random(), Split.by_fraction(group="shop")])
def test_series_are_divided_by_time_alone(split: Split) -> None:
    with pytest.raises(ValueError, match=r"split=.*a forecast's holdout comes after its training"):
        training(split=split)


@pytest.mark.parametrize(
    ("frequency", "held", "short"),
    [
        ("D", timedelta(days=42), timedelta(days=41)),
        ("h", timedelta(hours=42), timedelta(hours=41)),
        ("MS", timedelta(days=42 * 31), timedelta(days=41 * 28)),
    ],
)
def test_a_holdout_must_hold_the_steps_of_all_its_forecasts(
    frequency: str, held: timedelta, short: timedelta
) -> None:
    forecast = Forecast(horizon=14, frequency=frequency, origins=3)
    forecast.check_holdout("holdout", held, held)
    with pytest.raises(ValueError, match="cannot hold 3 forecasts of 14 steps, which are 42 steps"):
        forecast.check_holdout("holdout", short, short)


def test_a_split_by_time_is_checked_against_the_forecast() -> None:
    data = Dataset.csv(
        "s3://some-bucket/raw/",
        task="forecast",
        label="sold",
        timestamp="day",
        entity="shop",
        columns={},
        forecast=Forecast(horizon=14, frequency="D"),
    )
    split = Split.by_time(
        validation_from=date(2024, 1, 1), holdout_from=date(2024, 2, 1), holdout_to=date(2024, 2, 3)
    )
    with pytest.raises(ValueError, match="holdout_to='2024-02-03T00:00:00': cannot hold 3 forecasts"):
        split.of(data)
