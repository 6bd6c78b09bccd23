"""The hyperparameters of SageMaker's XGBoost image, with the values that it accepts for each.

Source: the image's own checks, ``algorithm_mode/hyperparameter_validation.py`` of
aws/sagemaker-xgboost-container. The image refuses an unknown name only when the instance runs, minutes later;
this table refuses it at once.
"""

from collections.abc import Mapping

from mdlc_constructs.settings.algorithms.hyperparameters import (
    Range,
    Value,
    check_length,
    check_value,
    text_of,
)
from mdlc_constructs.settings.algorithms.xgboost_metrics import (
    BINARY,
    MULTICLASS,
    RANKING,
    REGRESSION,
    SURVIVAL,
    check_eval_metric,
)
from mdlc_constructs.settings.refusal import refusal, unknown

_SHARE = Range(low=0, high=1)
_POSITIVE_SHARE = Range(low=0, high=1, above=True)
_FLAG = Range(whole=True, low=0, high=1)
_FROM_ZERO = Range(low=0)
_COUNT = Range(whole=True, low=1)
_COUNT_FROM_ZERO = Range(whole=True, low=0)
_TRUE_FALSE = ("true", "false")

OBJECTIVE_TASKS: Mapping[str, tuple[str, ...]] = {
    "binary:logistic": (BINARY,),
    "binary:logitraw": (BINARY,),
    "binary:hinge": (BINARY,),
    "multi:softmax": (MULTICLASS,),
    "multi:softprob": (MULTICLASS,),
    **dict.fromkeys(("rank:pairwise", "rank:ndcg", "rank:map"), (RANKING,)),
    # Predicts a probability; the label may be any number from 0 to 1.
    "reg:logistic": (BINARY, REGRESSION),
    **dict.fromkeys(
        (
            *("count:poisson", "reg:linear", "reg:squarederror", "reg:absoluteerror", "reg:gamma"),
            *("reg:pseudohubererror", "reg:squaredlogerror", "reg:tweedie"),
        ),
        (REGRESSION,),
    ),
    "survival:aft": (SURVIVAL,),
    "survival:cox": (SURVIVAL,),
}
"""The tasks for which each objective can be used."""

UPDATERS = (
    *("grow_colmaker", "distcol", "grow_histmaker", "grow_skmaker", "sync", "refresh", "prune"),
    *("shotgun", "coord_descent"),
)

TABLE: Mapping[str, Range | tuple[str, ...] | None] = {
    "num_round": _COUNT,
    "objective": tuple(OBJECTIVE_TASKS),
    "csv_weights": _FLAG,
    "early_stopping_rounds": _COUNT,
    "booster": ("gbtree", "gblinear", "dart"),
    "verbosity": Range(whole=True, low=0, high=3),
    "nthread": _COUNT,
    "eta": _SHARE,
    "gamma": _FROM_ZERO,
    "max_depth": _COUNT_FROM_ZERO,
    "min_child_weight": _FROM_ZERO,
    "max_delta_step": _FROM_ZERO,
    "subsample": _POSITIVE_SHARE,
    "colsample_bytree": _POSITIVE_SHARE,
    "colsample_bylevel": _POSITIVE_SHARE,
    "colsample_bynode": _POSITIVE_SHARE,
    "lambda": _FROM_ZERO,
    "alpha": _FROM_ZERO,
    "tree_method": ("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": Range(low=0, high=1, above=True, below=True),
    "scale_pos_weight": Range(low=0, above=True),
    "updater": None,
    "dsplit": ("row", "col"),
    "refresh_leaf": _FLAG,
    "process_type": ("default", "update"),
    "grow_policy": ("depthwise", "lossguide"),
    "max_leaves": _COUNT_FROM_ZERO,
    "max_bin": _COUNT_FROM_ZERO,
    "predictor": ("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": None,
    "interaction_constraints": None,
    "sample_type": ("uniform", "weighted"),
    "normalize_type": ("tree", "forest"),
    "rate_drop": _SHARE,
    "one_drop": _FLAG,
    "skip_drop": _SHARE,
    "lambda_bias": _SHARE,
    "tweedie_variance_power": Range(low=1, high=2, above=True, below=True),
    "num_class": Range(whole=True, low=2),
    "base_score": _FROM_ZERO,
    "eval_metric": None,
    "seed": Range(whole=True, low=-(2**31) + 1, high=2**31 - 2),
    "num_parallel_tree": _COUNT,
    "save_model_on_termination": _TRUE_FALSE,
    "aft_loss_distribution": ("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _FROM_ZERO,
    "deterministic_histogram": _TRUE_FALSE,
    "single_precision_histogram": _TRUE_FALSE,
    "sampling_method": ("uniform", "gradient_based"),
    "prob_buffer_row": Range(low=1, above=True),
    "use_dask_gpu_training": _TRUE_FALSE,
    "_kfold": Range(whole=True, low=2),
    "_num_cv_round": _COUNT,
}
# XGBoost's other names, which the image accepts, too; `lambda` itself is a keyword in Python.
ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}


_VERSIONS: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "single_precision_histogram": ((1, 2), (1, 5)),
    "deterministic_histogram": ((1, 2), (99, 0)),
    "use_dask_gpu_training": ((1, 7), (99, 0)),
    "reg:absoluteerror": ((1, 7), (99, 0)),
}
"""First and last image version that accepts a hyperparameter or objective; all others have no limits."""


def numbers_of(hyperparameters: Mapping[str, Value]) -> dict[str, Value]:
    """Rendered hyperparameters with the numbers of those texts that stand for numbers."""
    return {name: _number(name, value) for name, value in hyperparameters.items()}


def _number(name: str, value: Value) -> Value:
    if not isinstance(value, str) or not isinstance(TABLE.get(name), Range):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def rendered(hyperparameters: Mapping[str, Value], *, version: str = "3.0-5") -> dict[str, str]:
    """The checked hyperparameters under the image's own names, as the texts that SageMaker's API takes.

    Args:
        version: the image's version.

    Raises:
        ValueError: for an unknown name (with a suggestion), a value out of range, one hyperparameter under
            two names, or a combination that the image refuses.
    """
    result: dict[str, str] = {}
    for argument, value in hyperparameters.items():
        name = ALIASES.get(argument, argument)
        if name not in TABLE:
            raise unknown("hyperparameters", argument, [*TABLE, *ALIASES], what="XGBoost hyperparameter")
        if name in result:
            raise refusal(
                argument, value, f"is another name of {name!r}, which is given too; give one of them."
            )
        allowed = TABLE[name]
        check_value(argument, value, allowed)
        _check_version(name, value, version)
        if isinstance(allowed, Range) and isinstance(value, float):
            value = allowed.number(value)
        result[name] = text_of(value)
    _check_together(result)
    return result


def _check_together(texts: Mapping[str, str]) -> None:
    """Refuse combinations of hyperparameters that the image refuses."""
    objective = texts.get("objective", "")
    tasks = OBJECTIVE_TASKS.get(objective, ())
    if "num_class" in texts and MULTICLASS not in tasks:
        raise refusal(
            "num_class",
            texts["num_class"],
            "is for the objectives multi:softmax and multi:softprob; leave it out.",
        )
    if "eval_metric" in texts:
        check_eval_metric(texts["eval_metric"], objective, tasks)
    for name, methods in _BY_TREE_METHOD.items():
        method = texts.get("tree_method")
        if name in texts and method not in methods:
            raise refusal(
                "tree_method", method, f"{name} needs one of {', '.join(methods)}; give tree_method='hist'."
            )
    for name in texts.get("updater", "").split(",") if "updater" in texts else ():
        if name not in UPDATERS:
            raise unknown("updater", name, UPDATERS, what="updater")
    for name, text in texts.items():
        check_length(name, text)


_BY_TREE_METHOD = {
    "monotone_constraints": ("exact", "hist"),
    "interaction_constraints": ("exact", "hist", "approx"),
}
"""Hyperparameters that the image accepts only with some tree methods, which then must be set explicitly."""


def _check_version(name: str, value: Value, version: str) -> None:
    major, minor = version.split("-")[0].split(".")[:2]
    for part, remedy in ((name, "leave it out."), (text_of(value), "choose another value.")):
        first, last = _VERSIONS.get(part, ((0, 0), (99, 0)))
        if not first <= (int(major), int(minor)) <= last:
            raise refusal(name, value, f"version {version} of XGBoost's image refuses it; {remedy}")


USUAL_OBJECTIVES = {
    BINARY: "binary:logistic",
    REGRESSION: "reg:squarederror",
    MULTICLASS: "multi:softprob",
    RANKING: "rank:ndcg",
}
"""The usual objective for each task of a dataset, for error messages."""

_NO_PROBABILITIES = {
    "binary:logitraw": ("log odds", "a binary task"),
    "multi:softmax": ("the number of the class", "a multiclass task"),
}
"""Objectives whose answers are no probabilities, what they are, and the task that needs such: the evaluation
would refuse the answers."""


def check_objective(objective: str, task: str) -> None:
    """Refuse an objective that is not for a task of a dataset, or whose answers cannot be judged.

    Raises:
        ValueError: naming the objective and one for the task.
    """
    tasks = OBJECTIVE_TASKS.get(objective, ())
    if tasks and task not in tasks:
        raise refusal(
            "objective",
            objective,
            f"answers a {' or '.join(tasks)} task and dataset.task is {task!r}: give an objective "
            f"of that task, such as {USUAL_OBJECTIVES[task]!r}, or declare the dataset's task.",
        )
    if objective in _NO_PROBABILITIES:
        answers, needs = _NO_PROBABILITIES[objective]
        raise refusal(
            "objective",
            objective,
            f"answers {answers}, and {needs} is judged by probabilities: give {USUAL_OBJECTIVES[task]!r}.",
        )
