"""The tuning of an algorithm: which of its hyperparameters can be searched, and by what metric."""

from collections.abc import Mapping
from dataclasses import replace

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.hyperparameters import Value
from mdlc_constructs.settings.algorithms.tunable import Tunable, tunable
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.tuning import Tuning
from mdlc_constructs.settings.tuning_ranges import TuningRange, check_bounds, check_kind


def of_algorithm(tuning: Tuning, algorithm: Algorithm, task: str, compute: Compute) -> Tuning:
    """The tuning of an algorithm, with its metric, its direction and the hyperparameters' own names.

    Raises:
        ValueError: for a hyperparameter that is unknown, cannot be tuned, has a range that the algorithm
            refuses or is given as a value, too; for a metric that is not for the task; or for compute that
            a tuning job does not take.
    """
    _check_compute(compute)
    known = tunable(algorithm.name)
    if known is None:
        _check_given(tuning, algorithm, tuning.ranges, ())
        return _of_own_container(tuning, algorithm)
    ranges: dict[str, TuningRange] = {}
    for argument, values in tuning.ranges.items():
        name = known.other_names.get(argument, argument)
        if name in ranges:
            raise refusal("ranges", argument, f"is another name of {name!r}, which is given too.")
        _check_range(argument, name, values, known, algorithm.name)
        ranges[name] = values
    _check_given(tuning, algorithm, ranges, known.required)
    metric = _metric_of(tuning, known, task)
    return replace(
        tuning,
        ranges=ranges,
        metric=metric,
        direction=known.metrics[metric],
        max_resource=_resource_of(tuning, algorithm, known),
    )


def _check_compute(compute: Compute) -> None:
    if compute.keep_alive is not None:
        raise refusal(
            "keep_alive", str(compute.keep_alive), "a tuning job keeps its instances itself; leave it out."
        )
    if compute.spot is not None and compute.spot.checkpoint:
        raise refusal(
            "checkpoint",
            True,
            "all trials of a tuning would share one folder of checkpoints; give Spot(checkpoint=False).",
        )


def _check_given(
    tuning: Tuning, algorithm: Algorithm, ranges: Mapping[str, TuningRange], required: tuple[str, ...]
) -> None:
    for name in ranges:
        value: Value | None = algorithm.hyperparameters.get(name)
        if value is not None and name not in required:
            raise refusal(
                f"ranges[{name!r}]",
                "searched",
                f"the algorithm is given {name}={value}, too; leave one of the two out.",
            )


def _metric_of(tuning: Tuning, known: Tunable, task: str) -> str:
    for name in ("regex", "direction"):
        if getattr(tuning, name) is not None:
            raise refusal(
                name, getattr(tuning, name), "is known of the algorithm's own metrics; leave it out."
            )
    metric = tuning.metric or known.usual.get(task)
    if metric is None or metric not in known.metrics:
        raise unknown("metric", metric, known.metrics, what="objective metric of the algorithm")
    suits = known.tasks.get(metric)
    if suits is not None and task not in suits:
        usual = known.usual.get(task, "another metric")
        raise refusal(
            "metric",
            metric,
            f"is for {' and '.join(suits)} tasks and dataset.task is {task!r}; give {usual!r}.",
        )
    return metric


def _resource_of(tuning: Tuning, algorithm: Algorithm, known: Tunable) -> int | None:
    if tuning.strategy != "Hyperband" or tuning.max_resource is not None:
        return tuning.max_resource
    epochs = algorithm.texts.get(known.resource)
    if epochs is None or known.resource in tuning.ranges:
        raise refusal("max_resource", None, "say how many epochs a trial of Hyperband gets at most.")
    return int(epochs)


def _of_own_container(tuning: Tuning, algorithm: Algorithm) -> Tuning:
    what = algorithm.name or "a container of your own"
    for name, remedy in (
        ("metric", "name the metric that the search goes by, such as 'validation:loss'"),
        ("direction", "say 'Maximize' or 'Minimize'"),
        ("regex", "say how the metric is values in the log, such as r'validation_loss=([0-9.]+)'"),
    ):
        if getattr(tuning, name) is None:
            raise refusal(name, None, f"is not known of {what}; {remedy}.")
    if tuning.strategy == "Hyperband" and tuning.max_resource is None:
        raise refusal("max_resource", None, "say how many epochs a trial of Hyperband gets at most.")
    return tuning


def _check_range(argument: str, name: str, values: TuningRange, known: Tunable, algorithm: str) -> None:
    if name not in known.allowed:
        choices = [*known.kinds, *known.other_names]
        raise unknown("ranges", argument, choices, what=f"hyperparameter of {algorithm}")
    if name not in known.kinds:
        raise refusal(
            "ranges",
            argument,
            f"cannot be tuned; {algorithm} takes ranges of {', '.join(sorted(known.kinds))}.",
        )
    check_kind(argument, values, known.kinds[name])
    check_bounds(argument, values, known.allowed[name])
