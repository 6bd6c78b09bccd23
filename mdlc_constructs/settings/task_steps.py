"""The steps of a model's life, and the tasks that each takes; constructors of workflows refuse the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.refusal import refusal, with_article

_FORECAST = "a forecast needs whole series, and it takes one row at a time; use batch inference"
_NO_RULE = "rules are about one score or a class; ask the endpoint itself"
_NO_LABELS = "its labels are optional, and served rows have none; watch the drift of its scores"
_NOT_COMPARED = "windows are compared by scores and classes; look at the published predictions"


@dataclass(frozen=True, kw_only=True)
class LifeStep:
    """One step of a model's life.

    Attributes:
        meaning: what runs, for the table of the documentation.
        refused: for each task that the step does not take, why, and what to use instead.
    """

    name: str
    meaning: str
    refused: Mapping[str, str] = field(default_factory=dict)


_UNSUPERVISED = ("cluster", "anomaly", "embedding")
_NO_SCORE = ("cluster", "embedding")
_UNCOMPARED = dict.fromkeys(_NO_SCORE, _NOT_COMPARED)
_UNWATCHED = {**_UNCOMPARED, "anomaly": _NO_LABELS}
_UNDECIDED = {"forecast": _FORECAST, **dict.fromkeys(_NO_SCORE, _NO_RULE)}
_ESTIMATES = "its metrics cannot be estimated without labels; give labels to the monitor"

STEPS: Mapping[str, LifeStep] = {
    step.name: step
    for step in (
        LifeStep(name="quality", meaning="rules for a batch, label and leaks"),
        LifeStep(name="split", meaning="training, validation, holdout"),
        LifeStep(name="features", meaning="the feature program and its records"),
        LifeStep(name="training", meaning="the training job"),
        LifeStep(name="evaluation", meaning="metrics with intervals, baseline, picture"),
        LifeStep(name="gate", meaning="thresholds and champion by any metric of the task"),
        LifeStep(name="batch", meaning="published predictions"),
        LifeStep(name="endpoint", meaning="answers to requests", refused={"forecast": _FORECAST}),
        LifeStep(name="decisions", meaning="rules on the answer to a row", refused=_UNDECIDED),
        LifeStep(name="drift", meaning="of features and predictions", refused=_UNCOMPARED),
        LifeStep(name="closed_loop", meaning="metrics by late labels", refused=_UNWATCHED),
        LifeStep(
            name="estimate",
            meaning="metrics before labels",
            refused=dict.fromkeys(("ranking", "forecast", *_UNSUPERVISED), _ESTIMATES),
        ),
        LifeStep(
            name="fairness",
            meaning="metrics by protected attribute",
            refused={
                "forecast": "a series has no protected attribute; leave out protected",
                **_UNWATCHED,
            },
        ),
        LifeStep(name="retraining", meaning="challenger against champion", refused=_UNWATCHED),
        LifeStep(name="audit", meaning="the record of every execution"),
    )
}
"""Every step by name, in the order of a model's life."""


def runs(step: str, task: str) -> str:
    """What the table of the documentation says of a task in a step: "yes" or "no"."""
    return "no" if task in STEPS[step].refused else "yes"


def check_step(step: str, task: str, *, what: str) -> None:
    """Refuse a task that the step does not take.

    Args:
        what: the step as the user named it, such as "an endpoint".

    Raises:
        ValueError: naming the task, the step and what to use instead.
    """
    reason = STEPS[step].refused.get(task)
    if reason is not None:
        raise refusal("task", task, f"{what} does not take {with_article(task)} task: {reason}.")
