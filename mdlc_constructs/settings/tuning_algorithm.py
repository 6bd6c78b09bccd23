"""The tuning of an algorithm: which of its hyperparameters can be searched, and by what metric."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm
from mdlc_constructs.settings.algorithms.hyperparameters import Value
from mdlc_constructs.settings.algorithms.tunable import TunableAlgorithm, tunable
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.tuning import Tuning
from mdlc_constructs.settings.tuning_own_code import check_own
from mdlc_constructs.settings.tuning_ranges import TuningRange, check_kind


def of_algorithm(tuning: Tuning, algorithm: Algorithm, task: str, compute: Compute) -> Tuning:
    """The tuning of an algorithm, with its metric, its direction and the hyperparameters' own names.

    Raises:
        ValueError: for a hyperparameter that is unknown, cannot be tuned, has a range that the algorithm
            refuses or is given as a value, too; for a metric that is not for the task; or for compute that
            a tuning job does not take.
    """
    _check_compute(compute)
    if not isinstance(algorithm, BuiltInAlgorithm):
        _check_static(algorithm, tuning.ranges, check_own(algorithm, tuning.ranges))
        return _of_own_container(tuning)
    known = tunable(algorithm.name)
    ranges: dict[str, TuningRange] = {}
    for argument, searched in tuning.ranges.items():
        name = known.own_name(argument)
        if name in ranges:
            raise refusal("ranges", argument, f"is another name of {name!r}, which is given too.")
        _check_name(argument, name, known)
        check_kind(argument, searched, known.kinds[name])
        ranges[name] = searched
    _check_static(algorithm, ranges, known.required)
    texts = {name: text for name, text in algorithm.texts.items() if name not in ranges}
    for name, searched in ranges.items():
        _check_values(known, name, searched, texts)
    metric = _metric_of(tuning, known, task)
    return replace(
        tuning,
        ranges=ranges,
        metric=metric,
        direction=known.metrics[metric],
        regex=known.pattern(metric),
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


def _check_name(argument: str, name: str, known: TunableAlgorithm) -> None:
    if name not in known.facts.hyperparameters:
        raise unknown("ranges", argument, known.kinds, what=f"hyperparameter of {known.facts.name}")
    if not known.kinds:
        raise refusal(
            "ranges", argument, f"AWS tunes no hyperparameter of {known.facts.name}; leave tuning out."
        )
    if name not in known.kinds:
        raise refusal(
            "ranges",
            argument,
            f"cannot be tuned; {known.facts.name} takes ranges of {', '.join(sorted(known.kinds))}.",
        )


def _check_values(
    known: TunableAlgorithm, name: str, searched: TuningRange, texts: Mapping[str, str]
) -> None:
    for value in searched.values:
        try:
            known.check_value(name, value, texts)
        except ValueError as error:
            raise ValueError(f"ranges[{name!r}]: {error}") from None


def _check_static(algorithm: Algorithm, ranges: Mapping[str, TuningRange], required: Collection[str]) -> None:
    for name in ranges:
        value: Value | None = algorithm.hyperparameters.get(name)
        if value is not None and name not in required:
            raise refusal(
                f"ranges[{name!r}]",
                "searched",
                f"the algorithm is given {name}={value}, too; leave one of the two out.",
            )


def _metric_of(tuning: Tuning, known: TunableAlgorithm, task: str) -> str:
    metric = tuning.metric or known.usual_metric(task)
    if metric is None:
        raise refusal("metric", None, f"say what the search goes by: one of {', '.join(known.metrics)}.")
    if metric not in known.metrics:
        raise unknown("metric", metric, known.metrics, what=f"objective metric of {known.facts.name}")
    for name, own in (("regex", known.pattern(metric)), ("direction", known.metrics[metric])):
        if getattr(tuning, name) not in (None, own):
            raise refusal(
                name, getattr(tuning, name), f"the algorithm's own metric {metric} has another; leave it out."
            )
    tasks = known.tasks_of(metric)
    if tasks and task not in tasks:
        raise refusal(
            "metric",
            metric,
            f"is for {' and '.join(tasks)} tasks and dataset.task is {task!r}; "
            f"give {known.usual_metric(task) or 'another metric'!r}.",
        )
    return metric


def _resource_of(tuning: Tuning, algorithm: Algorithm, known: TunableAlgorithm) -> int | None:
    if tuning.strategy != "Hyperband" or tuning.max_resource is not None:
        return tuning.max_resource
    epochs = algorithm.texts.get(known.epochs)
    if epochs is None or known.epochs in tuning.ranges:
        raise refusal("max_resource", None, "say how many epochs a trial of Hyperband gets at most.")
    return int(epochs)


def _of_own_container(tuning: Tuning) -> Tuning:
    for name, remedy in (
        ("metric", "name the metric that the search goes by, such as 'validation:loss'"),
        ("direction", "say 'Maximize' or 'Minimize'"),
        ("regex", "say how the metric is found in the log, such as r'validation_loss=([0-9.]+)'"),
    ):
        if getattr(tuning, name) is None:
            raise refusal(name, None, f"is not known of a container of your own; {remedy}.")
    if tuning.strategy == "Hyperband" and tuning.max_resource is None:
        raise refusal("max_resource", None, "say how many epochs a trial of Hyperband gets at most.")
    return tuning
