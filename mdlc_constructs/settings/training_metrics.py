"""Metrics that a training job reports itself, such as `validation:accuracy`, found in its log."""

import re
from collections.abc import Collection, Iterable, Mapping

from mdlc_constructs.settings.algorithms.table import algorithm_facts
from mdlc_constructs.settings.refusal import refusal, unknown

_NAME = re.compile(r"(train|validation|test):[A-Za-z0-9@._-]+")


def is_training_metric(name: object) -> bool:
    """Whether a metric is one of the training job, with the name of a channel before the colon."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def check_training_metrics(
    argument: str,
    names: Iterable[str],
    algorithm: str,
    channels: Collection[str],
    texts: Mapping[str, str],
) -> None:
    """Refuse metrics that a built-in algorithm does not report, or that are bounded on the wrong side.

    Args:
        argument: `at_least` or `at_most`.
        algorithm: its name; empty for a container of the team's own, whose metrics are not known.
        channels: the names of the training job's channels: without a channel there is no metric of it.
        texts: the hyperparameters, which some metrics depend on.

    Raises:
        ValueError: naming the metric and the remedy.
    """
    if not algorithm:
        return
    facts = algorithm_facts(algorithm)
    metrics = facts.objective_metrics
    for name in names:
        if name not in metrics:
            raise unknown(argument, name, metrics, what=f"metric of {algorithm}")
        higher = metrics[name].direction == "Maximize"
        wanted = "at_least" if higher else "at_most"
        if argument != wanted:
            raise refusal(
                argument, name, f"a {'higher' if higher else 'lower'} value is better; give it in {wanted}."
            )
        unmet = facts.unmet(metrics[name].needs, texts)
        if unmet:
            raise refusal(argument, name, f"{algorithm} reports it with {unmet} only; give another metric.")
        channel = name.partition(":")[0]
        if channel not in channels:
            raise refusal(
                argument,
                name,
                f"is computed of the channel {channel!r}, which there is none of; give that channel.",
            )
