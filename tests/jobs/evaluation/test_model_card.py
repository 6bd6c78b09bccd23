import json
import re
from typing import Any

import pytest

from jobs.evaluation.model_card import MAX_CHARACTERS, card_text
from mdlc_local.sagemaker.registry.model_cards import problems
from tests.jobs.batches import Batch
from tests.jobs.evaluation.reports import ALGORITHM, CHAMPION, HOSTILE, plan_of, report_of

NUMBERS = {"y": "number"}


def card_of(text: str) -> dict[str, Any]:
    """The card of a text that SageMaker accepts: by its schema, on one line."""
    assert re.fullmatch(".*", text) and text.isascii() and len(text) <= MAX_CHARACTERS
    card: dict[str, Any] = json.loads(text)
    assert list(problems(card)) == []
    return card


def groups(card: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    (evaluation,) = card["evaluation_details"]
    return {group["name"]: group["metric_data"] for group in evaluation["metric_groups"]}


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_a_card_holds_what_is_known(filled: Batch, champion: dict[str, Any] | None) -> None:
    plan = plan_of(filled, champion=champion)
    report = report_of(plan)
    card = card_of(card_text(report, plan))
    assert card["model_overview"] == {"model_artifact": [plan.artifact]}
    training = card["training_details"]["training_job_details"]
    assert training["training_environment"] == {"container_image": [ALGORITHM["image"]]}
    assert {one["name"]: one["value"] for one in training["hyper_parameters"]} == ALGORITHM["hyperparameters"]
    assert card["additional_information"]["custom_details"] == {
        "model": "model",
        "run": plan.run,
        "task": "binary",
        "data_version": plan.data_version,
        "code_version": "v1.2",
        "algorithm": "xgboost",
        "training_job": "model-train-1",
        "train_rows": "1000",
        "validation_rows": "200",
        "holdout_rows": "400",
    }
    found = groups(card)
    auc = next(metric for metric in found["holdout"] if metric["name"] == "auc")
    assert auc["value"] == report["metrics"]["challenger"]["auc"]["value"]
    assert "95% interval" in auc["notes"]
    # A column whose importance is not defined has no number.
    assert [one["name"] for one in found["permutation importance: loss of auc"]] == ["amount", "count"]
    assert found["segments: auc"][0]["name"] == "amount: amount"
    assert [one["name"] for one in found["calibration"]] == ["slope", "intercept", "reliability"]
    assert ("champion on the same holdout" in found) is (champion is not None)


def test_what_nobody_told_is_absent(filled: Batch) -> None:
    plan = filled.plan()
    report = report_of(
        plan, checks=False, segments=[], calibration=None, importance=None, split=None, baseline=None
    )
    card = card_of(card_text(report, plan))
    assert set(card) == {"training_details", "evaluation_details", "additional_information"} - (
        set() if plan.dataset.uri else {"training_details"}
    )
    assert set(groups(card)) == {"holdout"}
    assert set(card["additional_information"]) == {"custom_details"}


def test_a_regression_has_no_calibration(batch: Batch) -> None:
    columns = {**batch.document()["dataset"]["columns"], **NUMBERS}
    plan = plan_of(batch, dataset={"task": "regression", "columns": columns})
    found = groups(card_of(card_text(report_of(plan), plan)))
    assert set(found) == {
        "holdout",
        "permutation importance: loss of rmse",
        "segments: rmse",
        "baseline: the mean label for every row",
    }


def test_each_class_has_a_calibration(batch: Batch) -> None:
    columns = {**batch.document()["dataset"]["columns"], "y": "category"}
    classes = ["a", "b", HOSTILE]
    plan = plan_of(batch, dataset={"task": "multiclass", "classes": classes, "columns": columns})
    found = groups(card_of(card_text(report_of(plan), plan)))
    assert [name for name in found if name.startswith("calibration of")] == [
        f"calibration of {name}" for name in classes
    ]
    baseline = found["baseline: the shares of the classes for every row"]
    assert next(metric["value"] for metric in baseline if metric["name"] == "auc_macro") == 0.5


@pytest.mark.parametrize("name", [HOSTILE, "é\u2028\n" * 400, "x" * 5000])
def test_any_name_fits_into_a_card(filled: Batch, name: str) -> None:
    algorithm = {"image": "i" * 2000, "hyperparameters": {name: name, "empty": "", "": "x"}}
    plan = plan_of(filled, algorithm=algorithm, code_version=name[:500])
    card = card_of(card_text(report_of(plan, name=name, notes=[name], unmeasured=[name] * 9), plan))
    # A URI that does not fit is left out: a shortened one would be another one.
    assert "training_environment" not in card["training_details"]["training_job_details"]


def test_a_card_that_would_be_too_long_loses_its_last_groups(filled: Batch) -> None:
    plan = plan_of(
        filled,
        algorithm={"image": "i", "hyperparameters": {f"{n}" + "é" * 300: "é" * 300 for n in range(99)}},
    )
    report = report_of(plan)
    assert len(json.dumps(report["algorithm"])) > MAX_CHARACTERS
    card = card_of(card_text(report, plan))
    assert set(groups(card)) == {"holdout"}
    assert 10 < len(card["training_details"]["training_job_details"]["hyper_parameters"]) < 99
