"""The settings of each workflow refuse the tasks that the table of steps leaves out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mdlc_constructs import CustomImage, Dataset, ExpandingWindow, Forecast, OnRequest
from mdlc_constructs.settings.payloads.tasks import TASKS
from mdlc_constructs.settings.task_steps import runs
from mdlc_constructs.workflows.decision.arguments import check_task
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings
from mdlc_constructs.workflows.training.machine import train
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.workflows.settings import ALGORITHM, BATCH, DATASET, MONITORING

OWN = CustomImage(image_uri="1.dkr.ecr.eu-west-1.amazonaws.com/own:1")


def dataset(task: str) -> Dataset:
    """A dataset of the task."""
    columns = {"distance": "number", "dep_delay": "number", "carrier": "text", "late": "number"}
    by_task: dict[str, dict[str, Any]] = {
        "binary": {"columns": {**columns, "late": "integer"}},
        "multiclass": {"columns": {**columns, "late": "category"}, "classes": ("early", "late", "never")},
        "ranking": {"group": "carrier"},
        "forecast": {
            "entity": "carrier",
            "forecast": Forecast(horizon=7, frequency="D"),
            "row_key": (),
        },
    }
    roles = by_task.get(task, {})
    label = None if TASKS[task].label == "none" else "late"
    if label is None:
        columns.pop("late")
    if task == "anomaly":
        columns["late"] = "integer"
    return replace(DATASET, task=task, label=label, **{"columns": columns, **roles})


def retraining(task: str) -> RetrainingSettings:
    return RetrainingSettings(
        model="m", triggers=(OnRequest(),), window=ExpandingWindow(holdout=timedelta(days=7)), task=task
    )


STARTED: dict[str, Callable[[str], object]] = {
    "batch": lambda task: replace(BATCH, dataset=dataset(task)),
    "drift": lambda task: replace(MONITORING, kind="batch", dataset=dataset(task), labels=None),
    "endpoint": lambda task: ReleaseSettings(model="m", dataset=dataset(task)),
    "fairness": lambda task: replace(
        MONITORING, kind="batch", dataset=dataset(task), labels=None, protected=("distance",)
    ),
    "retraining": retraining,
    "decisions": lambda task: check_task(
        SimpleNamespace(settings=SimpleNamespace(dataset=SimpleNamespace(task=task)))
    ),
}


@pytest.mark.parametrize("step", STARTED)
@pytest.mark.parametrize("task", TASKS)
def test_what_the_table_leaves_out_is_refused_and_nothing_else(step: str, task: str) -> None:
    if runs(step, task) == "no":
        with pytest.raises(ValueError, match=rf"task='{task}': .* does not take an? {task} task"):
            STARTED[step](task)
    else:
        STARTED[step](task)


@pytest.mark.parametrize("task", ["forecast", "cluster", "anomaly", "embedding"])
def test_an_own_image_trains_what_the_built_in_algorithm_refuses(task: str) -> None:
    own = replace(OWN, content_type="application/jsonlines") if task == "forecast" else OWN
    settings = TrainingSettings(model="m", dataset=dataset(task), algorithm=own)
    assert settings.importance is None
    with pytest.raises(ValueError, match=rf"algorithm='xgboost': .*{task}.*CustomImage"):
        TrainingSettings(model="m", dataset=dataset(task), algorithm=ALGORITHM)


def test_an_endpoint_without_settings_says_no_task() -> None:
    check_task(SimpleNamespace(endpoint_name="own"))


def test_rows_of_a_ranking_have_no_weights() -> None:
    with pytest.raises(ValueError, match="weighs the groups of a ranking"):
        replace(dataset("ranking"), weight="distance")


def test_the_training_records_of_a_ranking_are_libsvm() -> None:
    settings = TrainingSettings(model="m", dataset=dataset("ranking"), algorithm=OWN)
    request: Any = train(settings).to_asl()["Arguments"]
    channels = request["InputDataConfig"]
    assert [channel["ContentType"] for channel in channels] == ["text/libsvm", "text/libsvm"]
