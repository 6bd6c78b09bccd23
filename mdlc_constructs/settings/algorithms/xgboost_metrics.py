"""The evaluation metrics of SageMaker's XGBoost image, and the tasks that each is for.

Source: ``constants/xgb_constants.py``, ``metrics/custom_metrics.py`` and
``algorithm_mode/hyperparameter_validation.py`` of aws/sagemaker-xgboost-container.
"""

from collections.abc import Mapping

from mdlc_constructs.settings.refusal import refusal, unknown

WITH_THRESHOLD = ("error", "ndcg", "map")
"""Metrics that may be written with a number: ``error@0.7``, ``ndcg@10``."""

BINARY, MULTICLASS, REGRESSION, RANKING, SURVIVAL = (
    "binary",
    "multiclass",
    "regression",
    "ranking",
    "survival",
)

_CLASSES = (BINARY, MULTICLASS)

METRIC_TASKS: Mapping[str, tuple[str, ...]] = {
    "auc": (BINARY, RANKING),
    "aucpr": (BINARY, RANKING),
    "error": (BINARY,),
    "logloss": (BINARY,),
    "f1_binary": (BINARY,),
    **dict.fromkeys(("accuracy", "balanced_accuracy", "f1", "f1_macro"), _CLASSES),
    **dict.fromkeys(("precision", "precision_macro", "precision_micro"), _CLASSES),
    **dict.fromkeys(("recall", "recall_macro", "recall_micro"), _CLASSES),
    "merror": (MULTICLASS,),
    "mlogloss": (MULTICLASS,),
    # XGBoost computes rmse and mae from probabilities when the objective predicts them. The image computes
    # mse and r2 from the raw margin, so they do not measure the error of a probability.
    "rmse": (REGRESSION, BINARY),
    "mae": (REGRESSION, BINARY),
    **dict.fromkeys(("mse", "r2", "mape", "mphe", "rmsle"), (REGRESSION,)),
    **dict.fromkeys(("gamma-deviance", "gamma-nloglik", "poisson-nloglik", "tweedie-nloglik"), (REGRESSION,)),
    "map": (RANKING, BINARY),
    "ndcg": (RANKING, BINARY),
    "aft-nloglik": (SURVIVAL,),
    "cox-nloglik": (SURVIVAL,),
    "interval-regression-accuracy": (SURVIVAL,),
}
"""The tasks that each metric is for."""


def check_eval_metric(text: str, objective: str, tasks: tuple[str, ...]) -> None:
    """Refuse metrics that the image does not compute, or that do not suit the objective.

    Args:
        text: the names, separated by commas without spaces: for the image a space is part of a name.
        tasks: the tasks that the objective is for.

    Raises:
        ValueError: naming the metric and the remedy.
    """
    for metric in text.split(","):
        name, _, threshold = metric.partition("@")
        if "@" in metric:
            _check_threshold(metric, name.strip(), threshold.strip())
            name = name.strip()
        if name not in METRIC_TASKS:
            raise unknown("eval_metric", metric, METRIC_TASKS, what="metric of XGBoost's image")
        suits = METRIC_TASKS[name]
        if tasks and not set(suits) & set(tasks):
            raise refusal(
                "eval_metric",
                metric,
                f"is a metric of {' and '.join(suits)} tasks, and objective {objective!r} answers a "
                f"{tasks[0]} task; choose one of {', '.join(_suited(tasks))}.",
            )
        if name == "aft-nloglik" and objective != "survival:aft":
            raise refusal("eval_metric", metric, "is for objective 'survival:aft'; leave it out.")


def _check_threshold(metric: str, name: str, threshold: str) -> None:
    if name not in WITH_THRESHOLD:
        raise refusal(
            "eval_metric", metric, f"only {', '.join(WITH_THRESHOLD)} take a number behind @; leave it out."
        )
    try:
        float(threshold)
    except ValueError:
        raise refusal("eval_metric", metric, f"give a number behind @, such as {name}@0.5.") from None


def _suited(tasks: tuple[str, ...]) -> list[str]:
    return sorted(name for name, suits in METRIC_TASKS.items() if set(suits) & set(tasks))
