"""A training as MLflow's requests."""

import math
from datetime import UTC, datetime
from typing import Any

from lambdas.functions.track_experiment import logic
from mdlc_constructs.settings.payloads.experiments import ExperimentRequest

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def request(**changes: Any) -> ExperimentRequest:
    given = {"app": "arn", "experiment": "churn", "run": "ab12", "started_at": "2026-11-30T11:00:00.000Z"}
    return ExperimentRequest(**{**given, "hyperparameters": "{}", **changes})


def test_metrics_without_a_finite_value_are_left_out() -> None:
    metrics = {"auc": 0.7, "rows": 12, "none": None, "bad": math.nan, "big": math.inf, "ok": True, "t": "x"}
    assert logic.numbers(metrics) == {"auc": 0.7, "rows": 12.0}


def test_a_group_of_metrics_and_odd_names_get_names_that_mlflow_takes() -> None:
    metrics = {"champion": {"auc": 0.6}, "recall@10": 0.5, "a:b": 1, "x" * 300: 2}
    assert list(logic.numbers(metrics)) == ["champion/auc", "recall_10", "a_b", "x" * 250]


def test_a_run_begins_when_the_execution_did() -> None:
    body = logic.new_run(request(), "7")
    assert body["start_time"] == logic.milliseconds(datetime(2026, 11, 30, 11, tzinfo=UTC))
    assert body["tags"] == [{"key": "mdlc_run", "value": "ab12"}]


def test_only_what_the_run_does_not_have_is_written() -> None:
    run = logic.Run(id="r", parameters=frozenset({"eta"}), metrics={"auc": 0.7, "loss": 0.1})
    given = request(hyperparameters='{"eta": "0.1", "depth": "6"}', metrics={"auc": 0.7, "loss": 0.2})
    parameters, metrics, tags = logic.batches(given, run, NOW)
    assert parameters == {"run_id": "r", "params": [{"key": "depth", "value": "6"}]}
    at = logic.milliseconds(NOW)
    assert metrics["metrics"] == [{"key": "loss", "value": 0.2, "timestamp": at, "step": 0}]
    assert tags["tags"] == [{"key": "mdlc_run", "value": "ab12"}]


def test_long_lists_are_written_in_parts_and_long_texts_are_cut() -> None:
    many = "{" + ",".join(f'"p{number}": "1"' for number in range(250)) + "}"
    given = request(hyperparameters=many, tags={"reason": "x" * 9000})
    *parameters, tags = logic.batches(given, logic.Run(id="r"), NOW)
    assert [len(part["params"]) for part in parameters] == [100, 100, 50]
    assert len(tags["tags"][0]["value"]) == logic.MAX_TAG
