"""The metrics that the evaluation computes: checks of the names that settings give."""

from mdlc_constructs.settings.payloads.tasks import METRICS, Metric, find_metric, metric_names
from mdlc_constructs.settings.refusal import refusal, unknown

__all__ = ["METRICS", "Metric", "check_metric_task", "comparable_metric", "metric"]


def metric(argument: str, name: str) -> Metric:
    """The metric of that name.

    Raises:
        ValueError: when there is none; with a suggestion.
    """
    named = find_metric(name) if isinstance(name, str) else None
    if named is None:
        choices = [
            f"{known.name.removesuffix('_by_class')}:<class>" if known.by_class else known.name
            for known in METRICS.values()
        ]
        raise unknown(argument, name, choices, what="metric")
    return named


def comparable_metric(argument: str, name: str) -> Metric:
    """The metric of that name, if its values say which of two models is better.

    Raises:
        ValueError: when there is none, or it has a best value in the middle.
    """
    known = metric(argument, name)
    if known.instead:
        raise refusal(
            argument,
            name,
            f"neither a higher nor a lower {name} is the better one; compare by {known.instead!r}.",
        )
    return known


def check_metric_task(argument: str, name: str, task: str, classes: tuple[str, ...] = ()) -> None:
    """Refuse a metric that is not computed for the dataset's task, or is of a class that it does not have.

    Raises:
        ValueError: naming the metric and the task's metrics.
    """
    known = metric(argument, name)
    computed = metric_names(task, classes)
    if task not in known.tasks:
        raise refusal(
            argument,
            name,
            f"is a metric of {' and '.join(known.tasks)} tasks and dataset.task is {task!r}; give one of "
            f"{', '.join(computed)}.",
        )
    if known.by_class and name not in computed:
        raise refusal(
            argument,
            name,
            f"is of a class that dataset.classes does not have; they are {', '.join(classes)}.",
        )
