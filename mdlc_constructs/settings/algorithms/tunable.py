"""What a tuning may search of an algorithm, and the metrics that it may search by.

Source: "Tune an XGBoost model" in the SageMaker AI developer guide. The ranges there are recommendations; the
values that the image accepts are those of the algorithm's table of hyperparameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.algorithms import xgboost
from mdlc_constructs.settings.algorithms.hyperparameters import Range
from mdlc_constructs.settings.algorithms.xgboost_metrics import METRIC_TASKS

Direction = Literal["Maximize", "Minimize"]
_CONTINUOUS, _INTEGER = "ContinuousParameterRanges", "IntegerParameterRanges"


@dataclass(frozen=True, kw_only=True)
class Tunable:
    """What can be tuned of an algorithm.

    Attributes:
        kinds: by hyperparameter, the member of the API's ``ParameterRanges`` that its range goes into.
        allowed: by hyperparameter, the values that the algorithm accepts.
        metrics: the direction of each objective metric.
        usual: by task, the metric that is searched by unless another is given.
        tasks: by objective metric, the tasks that it is for; a metric that is not in it is for all.
        required: hyperparameters that a training cannot do without.
        other_names: other names of hyperparameters.
        resource: the hyperparameter with the number of epochs or rounds, by which Hyperband divides; empty
            without one.
    """

    kinds: Mapping[str, str]
    allowed: Mapping[str, Range | tuple[str, ...] | None]
    metrics: Mapping[str, Direction]
    usual: Mapping[str, str]
    tasks: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = ()
    other_names: Mapping[str, str]
    resource: str = ""


XGBOOST = Tunable(
    kinds={
        **dict.fromkeys(
            (
                *("alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma"),
                *("lambda", "min_child_weight", "subsample"),
            ),
            _CONTINUOUS,
        ),
        **dict.fromkeys(("max_delta_step", "max_depth", "num_round"), _INTEGER),
    },
    allowed=xgboost.TABLE,
    metrics={
        **dict.fromkeys(
            (f"validation:{name}" for name in ("accuracy", "auc", "f1", "map", "ndcg")), "Maximize"
        ),
        **dict.fromkeys(
            (
                f"validation:{name}"
                for name in ("error", "logloss", "mae", "merror", "mlogloss", "mse", "rmse")
            ),
            "Minimize",
        ),
    },
    usual={
        "binary": "validation:auc",
        "multiclass": "validation:mlogloss",
        "regression": "validation:rmse",
        "ranking": "validation:ndcg",
    },
    tasks={f"validation:{name}": tasks for name, tasks in METRIC_TASKS.items()},
    required=("num_round",),
    other_names=xgboost.ALIASES,
    resource="num_round",
)


def tunable(algorithm: str) -> Tunable | None:
    """What can be tuned of a built-in algorithm; None when nothing is known of it."""
    return XGBOOST if algorithm == "xgboost" else None
