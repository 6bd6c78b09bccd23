"""Metrics that a training job reports itself, such as `validation:accuracy`, found in its log."""

import re
from collections.abc import Mapping

from mdlc_constructs.settings.numbers import is_number
from mdlc_constructs.settings.refusal import refusal

_NAME = re.compile(r"(train|validation|test):[A-Za-z0-9@._-]+")

HIGHER_IS_BETTER: Mapping[str, bool] = {
    "accuracy": True,
    "bleu": True,
    "cross_entropy": False,
    "mAP": True,
    "mIOU": True,
    "mean_rho": True,
    "perplexity": False,
    "pixel_accuracy": True,
}
"""The direction of objective metrics of AWS's algorithms for texts and images, without the channel's name.

Source: the algorithms' tuning pages in SageMaker's developer guide.
"""


def is_training_metric(name: object) -> bool:
    """Whether a metric is one of the training job, with the name of a channel before the colon."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def check_training_bound(argument: str, name: str, bound: float) -> None:
    """Refuse a bound that is no number, or is on the wrong side of a metric whose direction is known.

    Raises:
        ValueError: naming the metric and the remedy.
    """
    if not is_number(bound):
        raise refusal(f"{argument}[{name!r}]", bound, "give a number.")
    higher = HIGHER_IS_BETTER.get(name.partition(":")[2])
    wanted = "at_most" if higher is False else "at_least"
    if higher is not None and argument != wanted:
        better = "higher" if higher else "lower"
        raise refusal(
            f"{argument}[{name!r}]", bound, f"a {better} value is the better one; give it in {wanted}."
        )
