"""The tasks that a model can have: what it answers, and the metrics of each, for settings and jobs alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Answer = Literal["score", "probabilities", "quantiles", "cluster", "vector"]
"""What a model answers for a row: a number; a probability of each class; a number for each quantile level; a
cluster and the distance to its centre; or a vector."""

BY_CLASS = ":"
"""Between a metric and the class that it is of: `recall:setosa`."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric. Its values are between `lowest` and `highest`; None for no bound.

    Attributes:
        tasks: the tasks that it is computed for.
        by_class: whether it is computed for each class, and named `<metric>:<class>`.
        instead: the metric to compare two models by where neither a higher nor a lower value is the better
            one; empty where one is.
        meaning: the name for people.
    """

    name: str
    tasks: tuple[str, ...]
    higher_is_better: bool
    lowest: float | None = 0.0
    highest: float | None = 1.0
    by_class: bool = False
    instead: str = ""
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """What a model is for.

    Attributes:
        label: whether the data must have a label.
        answer: what the model answers for a row.
        main_metric: the metric by which two models are compared unless a setting names another one.
        meaning: the end of a sentence that begins with "the model predicts".
    """

    name: str
    label: Literal["required", "optional", "none"]
    answer: Answer
    main_metric: str
    meaning: str


TASKS: Mapping[str, TaskKind] = {
    task.name: task
    for task in (
        TaskKind(
            name="binary",
            label="required",
            answer="score",
            main_metric="auc",
            meaning="the probability of one of two classes",
        ),
        TaskKind(name="regression", label="required", answer="score", main_metric="rmse", meaning="a number"),
        TaskKind(
            name="multiclass",
            label="required",
            answer="probabilities",
            main_metric="auc_macro",
            meaning="the probability of each of several classes",
        ),
        TaskKind(
            name="ranking",
            label="required",
            answer="score",
            main_metric="ndcg@10",
            meaning="a score that orders the rows of a group",
        ),
        TaskKind(
            name="forecast",
            label="required",
            answer="quantiles",
            main_metric="wql",
            meaning="quantiles of the next values of each series",
        ),
        TaskKind(
            name="cluster",
            label="none",
            answer="cluster",
            main_metric="silhouette",
            meaning="the cluster of a row",
        ),
        TaskKind(
            name="anomaly",
            label="optional",
            answer="score",
            main_metric="auc",
            meaning="how unusual a row is",
        ),
        TaskKind(
            name="embedding",
            label="none",
            answer="vector",
            main_metric="explained_variance",
            meaning="a vector that stands for a row",
        ),
    )
}
"""Every task by name."""

SUMMARY_CLASSES = 100
"""The number of classes whose own metrics are in the summary of a monitored window; of more, the first ones
and those that an alarm names. The window's report has all."""

CLASS_TASKS = ("binary", "multiclass")
"""The tasks whose label is a class."""

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(name="auc", tasks=("binary", "anomaly"), higher_is_better=True),
        Metric(name="pr_auc", tasks=("binary", "anomaly"), higher_is_better=True),
        Metric(name="auc_macro", tasks=("multiclass",), higher_is_better=True),
        Metric(name="auc_weighted", tasks=("multiclass",), higher_is_better=True),
        Metric(name="accuracy", tasks=CLASS_TASKS, higher_is_better=True),
        Metric(name="balanced_accuracy", tasks=("multiclass",), higher_is_better=True),
        Metric(name="precision", tasks=("binary",), higher_is_better=True),
        Metric(name="recall", tasks=("binary",), higher_is_better=True),
        Metric(name="f1", tasks=("binary",), higher_is_better=True),
        Metric(name="f1_macro", tasks=("multiclass",), higher_is_better=True),
        Metric(name="log_loss", tasks=CLASS_TASKS, higher_is_better=False, highest=None),
        Metric(name="brier", tasks=("binary",), higher_is_better=False),
        Metric(name="expected_calibration_error", tasks=CLASS_TASKS, higher_is_better=False),
        Metric(name="precision_by_class", tasks=("multiclass",), higher_is_better=True, by_class=True),
        Metric(name="recall_by_class", tasks=("multiclass",), higher_is_better=True, by_class=True),
        Metric(
            name="expected_calibration_error_by_class",
            tasks=("multiclass",),
            higher_is_better=False,
            by_class=True,
        ),
        Metric(name="rmse", tasks=("regression", "forecast"), higher_is_better=False, highest=None),
        Metric(name="mae", tasks=("regression", "forecast"), higher_is_better=False, highest=None),
        Metric(name="r2", tasks=("regression",), higher_is_better=True, lowest=None),
        Metric(name="ndcg", tasks=("ranking",), higher_is_better=True),
        Metric(name="ndcg@5", tasks=("ranking",), higher_is_better=True),
        Metric(name="ndcg@10", tasks=("ranking",), higher_is_better=True),
        Metric(name="map@5", tasks=("ranking",), higher_is_better=True),
        Metric(name="map@10", tasks=("ranking",), higher_is_better=True),
        Metric(name="wql", tasks=("forecast",), higher_is_better=False, highest=None),
        Metric(name="mase", tasks=("forecast",), higher_is_better=False, highest=None),
        Metric(name="coverage", tasks=("forecast",), higher_is_better=True, instead="coverage_error"),
        Metric(name="coverage_error", tasks=("forecast",), higher_is_better=False),
        Metric(name="silhouette", tasks=("cluster",), higher_is_better=True, lowest=-1.0),
        Metric(name="smallest_cluster_share", tasks=("cluster",), higher_is_better=True),
        Metric(name="precision@10", tasks=("anomaly",), higher_is_better=True),
        Metric(name="precision@100", tasks=("anomaly",), higher_is_better=True),
        Metric(name="explained_variance", tasks=("embedding",), higher_is_better=True, lowest=None),
    )
}
"""Every metric by name. A metric by class is named with the class instead of `_by_class`."""


TASK_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "multiclass": ("prediction", "probabilities"),
    "ranking": ("rank",),
    "forecast": ("step", "quantiles"),
    "cluster": ("cluster", "distance"),
    "embedding": ("vector",),
}
"""By task the columns that every item and every event holds besides; `docs/contracts.md` describes each."""


def find_metric(name: str) -> Metric | None:
    """The metric of a name such as `rmse` or `recall:setosa`; None when there is none."""
    if BY_CLASS in name:
        known = METRICS.get(f"{name.partition(BY_CLASS)[0]}_by_class")
        return known if known is not None and name.partition(BY_CLASS)[2] else None
    known = METRICS.get(name)
    return None if known is None or known.by_class else known


def metric_names(task: str, classes: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of the task's metrics, with one for each class where a metric is by class."""
    names: list[str] = []
    for metric in METRICS.values():
        if task not in metric.tasks:
            continue
        base = metric.name.removesuffix("_by_class")
        names += [f"{base}{BY_CLASS}{name}" for name in classes] if metric.by_class else [metric.name]
    return tuple(names)


def higher_is_better(name: str) -> bool:
    """Whether a higher value of a metric is the better one.

    Raises:
        KeyError: when no metric has that name.
    """
    known = find_metric(name)
    if known is None:
        raise KeyError(name)
    return known.higher_is_better


def is_in_summary(name: str, classes: tuple[str, ...]) -> bool:
    """Whether the summary of a monitored window has a metric of the task even if no alarm names it."""
    return BY_CLASS not in name or name.partition(BY_CLASS)[2] in classes[:SUMMARY_CLASSES]


def is_comparable(name: str) -> bool:
    """Whether two values of a metric say which of two models is better."""
    known = find_metric(name)
    return known is not None and not known.instead


def arrow(name: str) -> str:
    """Points to the better values of a metric; empty where neither side is better."""
    return "" if not is_comparable(name) else "↑" if higher_is_better(name) else "↓"


def main_metric(task: str) -> str:
    """The metric by which two models of a task are compared unless a setting names another one."""
    return TASKS[task].main_metric
