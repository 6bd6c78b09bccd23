from typing import Any

import pytest

from mdlc_constructs.settings.gate import Gate
from mdlc_constructs.settings.payloads.codec import encode


def test_the_plan_section_is_plain_json() -> None:
    made = Gate(at_least={"auc": 0.66}, at_most={"log_loss": 0.7}, better_than_champion="auc")
    assert encode(made.to_plan()) == {
        "at_least": {"auc": 0.66},
        "at_most": {"log_loss": 0.7},
        "better_than_champion": "auc",
        "margin": 0.0,
        "confidence": 0.95,
    }


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"at_least": {"acu": 0.5}}, "did you mean 'auc'"),
        ({"better_than_champion": "rmsee"}, "did you mean 'rmse'"),
        ({"at_least": {"auc": 66}}, "from 0 to 1"),
        ({"at_most": {"rmse": -1}}, "from 0"),
        ({"at_least": {"r2": 1.5}}, "to 1"),
        ({"at_least": {"auc": "0.7"}}, "a number"),
        ({"at_least": {"auc": 0.8}, "at_most": {"auc": 0.7}}, "no auc can pass"),
        ({"confidence": 1.0}, "below 1"),
        ({"confidence": "high"}, "below 1"),
        ({"margin": "0.1"}, "plain number"),
        ({"at_least": ["auc"]}, "at_least=['auc']: give a mapping, such as {\"auc\": 0.7}."),
        ({"at_most": None}, "at_most=None: give a mapping"),
        ({"at_least": {None: 0.5}}, "at_least=None: no such metric"),
        ({"better_than_champion": ["auc"]}, "no such metric"),
        ({"at_least": {"rmse": float("nan")}}, "at_least['rmse']=nan: give a number."),
        ({"at_most": {"rmse": float("inf")}}, "give a number."),
        ({"margin": -1.88815458970875e289}, "plain number"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_refused(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        Gate(**changes)
    assert remedy in str(error.value)


def test_metrics_must_be_of_the_datasets_task() -> None:
    Gate(at_least={"auc": 0.6}).check_task("binary")
    with pytest.raises(
        ValueError,
        match=r"at_least='auc': is a metric of binary and anomaly tasks and dataset\.task is 'regression'; ",
    ):
        Gate(at_least={"auc": 0.6}).check_task("regression")
    with pytest.raises(ValueError, match="at_least='rmse': is a metric of regression and forecast tasks"):
        Gate(at_least={"rmse": 1}).check_task("binary")
    Gate(at_least={"rmse": 1}).check_task("regression")
    Gate(at_least={"recall:red": 0.5}, better_than_champion="auc_macro").check_task("multiclass", ("red",))
    with pytest.raises(ValueError, match=r"at_least='recall:rot': is of a class that"):
        Gate(at_least={"recall:rot": 0.5}).check_task("multiclass", ("red", "green"))
    with pytest.raises(ValueError, match="better_than_champion='rmse'"):
        Gate(better_than_champion="rmse").check_task("binary")
