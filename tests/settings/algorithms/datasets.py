"""A small dataset of each task."""

from typing import Any

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.forecast import Forecast
from mdlc_constructs.settings.payloads.tasks import TASKS

_OF_TASK: dict[str, dict[str, Any]] = {
    "multiclass": {"classes": ("a", "b", "c")},
    "ranking": {"group": "g"},
    "forecast": {
        "entity": "series",
        "columns": {},
        "calendar": (),
        "forecast": Forecast(horizon=6, frequency="MS", quantiles=(0.1, 0.5, 0.9)),
    },
}


def dataset(task: str, **roles: Any) -> Dataset:
    """A dataset of a task with three features: two columns and the month."""
    arguments = {
        "task": task,
        "label": None if TASKS[task].label == "none" else "y",
        "timestamp": "at",
        "columns": {"x": "number", "z": "category"},
        "calendar": ("month",),
        **_OF_TASK.get(task, {}),
        **roles,
    }
    return Dataset.csv("s3://data/raw/", **arguments)
