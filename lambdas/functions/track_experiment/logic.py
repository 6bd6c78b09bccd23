"""A training as MLflow's requests. Pure functions of what the state and MLflow say."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.experiments import ExperimentRequest

RUN_TAG = "mdlc_run"
"""The tag by which a repeated call finds the run. Without a period: a filter would have to quote it."""

MAX_NAME, MAX_PARAMETER, MAX_TAG = 250, 6000, 5000
MAX_METRICS, MAX_PARAMETERS_OR_TAGS = 1000, 100
"""MLflow's limits of characters, and of items in a request. Source: `mlflow/utils/validation.py`."""

_FORBIDDEN = re.compile(r"[^\w.\- /]")
Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as MLflow knows it.

    Attributes:
        parameters: names of the parameters that it has; MLflow lets none be changed.
        metrics: the last value of each metric.
    """

    id: str
    parameters: frozenset[str] = frozenset()
    metrics: Mapping[str, float] = field(default_factory=dict)


def experiment_search(name: str) -> Body:
    """The request of `experiments/search` for an experiment of that name."""
    return {"filter": f"name = '{name}'", "max_results": 1, "view_type": "ACTIVE_ONLY"}


def experiment_id(answer: Mapping[str, Any]) -> str | None:
    """The ID in an answer of `experiments/search`; None when there is none."""
    experiments = answer.get("experiments") or []
    return str(experiments[0]["experiment_id"]) if experiments else None


def run_searches(request: ExperimentRequest, experiment: str) -> tuple[Body, Body]:
    """The requests of `runs/search`: for the run of an earlier call, then for that of the training job.

    SageMaker names the run of a job with an `MlflowConfig` as that says.
    """
    filters = (f"tags.{RUN_TAG} = '{request.run}'", f"attributes.run_name = '{request.run}'")
    tagged, named = (
        {
            "experiment_ids": [experiment],
            "filter": condition,
            "max_results": 1,
            # The first of several, should two calls have created one at once.
            "order_by": ["attributes.start_time ASC"],
            "run_view_type": "ACTIVE_ONLY",
        }
        for condition in filters
    )
    return tagged, named


def found_run(answer: Mapping[str, Any]) -> Run | None:
    """The run in an answer of `runs/search`; None when there is none."""
    runs = answer.get("runs") or []
    return run_of(runs[0]) if runs else None


def run_of(record: Mapping[str, Any]) -> Run:
    """A run of MLflow's."""
    data = record.get("data") or {}
    return Run(
        id=str(record["info"]["run_id"]),
        parameters=frozenset(str(each["key"]) for each in data.get("params") or []),
        metrics={str(each["key"]): float(each["value"]) for each in data.get("metrics") or []},
    )


def new_run(request: ExperimentRequest, experiment: str) -> Body:
    """The request of `runs/create`."""
    return {
        "experiment_id": experiment,
        "run_name": request.run,
        "start_time": milliseconds(datetime.fromisoformat(request.started_at)),
        "tags": [{"key": RUN_TAG, "value": request.run}],
    }


def batches(request: ExperimentRequest, run: Run, now: datetime) -> Iterator[Body]:
    """The requests of `runs/log-batch`: what the run does not have yet."""
    at = milliseconds(now)
    hyperparameters = json.loads(request.hyperparameters or "{}")
    parameters = [
        {"key": key, "value": str(value)[:MAX_PARAMETER]}
        for key, value in named(hyperparameters).items()
        if key not in run.parameters
    ]
    metrics = [
        {"key": key, "value": value, "timestamp": at, "step": 0}
        for key, value in numbers(request.metrics).items()
        if run.metrics.get(key) != value
    ]
    tags = [
        {"key": key, "value": value[:MAX_TAG]}
        for key, value in named({**request.tags, RUN_TAG: request.run}).items()
    ]
    for kind, items, most in (
        ("params", parameters, MAX_PARAMETERS_OR_TAGS),
        ("metrics", metrics, MAX_METRICS),
        ("tags", tags, MAX_PARAMETERS_OR_TAGS),
    ):
        for part in _parts(items, most):
            yield {"run_id": run.id, kind: part}


def finished(run: Run, now: datetime) -> Body:
    """The request of `runs/update`."""
    return {"run_id": run.id, "status": "FINISHED", "end_time": milliseconds(now)}


def numbers(metrics: Mapping[str, JsonValue]) -> dict[str, float]:
    """The metrics that have a finite value; those of a group get its name before theirs: `champion/auc`."""
    flat: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            flat |= {f"{_name(name)}/{key}": number for key, number in numbers(value).items()}
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            flat[_name(name)] = float(value)
    return flat


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by names that MLflow accepts."""
    return {_name(name): value for name, value in values.items()}


def milliseconds(moment: datetime) -> int:
    """A moment as MLflow writes it: milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def _name(name: str) -> str:
    return _FORBIDDEN.sub("_", name)[:MAX_NAME]


def _parts(items: Sequence[Body], most: int) -> Iterator[Sequence[Body]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
