"""The gate: the conditions on holdout metrics that a newly trained model must meet to be approved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.metric import check_metric_task, comparable_metric, metric
from mdlc_constructs.settings.numbers import check_mapping, is_number
from mdlc_constructs.settings.payloads.job_plan import GateSection
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.training_metrics import check_training_metrics, is_training_metric


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Thresholds on holdout metrics, and the comparison with the champion.

    A gate without conditions passes every model, and the evaluation notes that. A model whose main metric
    (AUC, or RMSE in a regression) is not defined on the holdout never passes. A metric of one class is named
    with the class, such as ``recall:setosa``.

    Args:
        at_least: by metric, the smallest value that passes.
        at_most: by metric, the largest value that passes.
        better_than_champion: the metric by which a challenger must be better than the champion, when there is
            a champion.
        margin: the minimum improvement, in the metric's unit; a negative margin allows a loss.
        confidence: the confidence level (0.5 to 1) of the paired bootstrap that the improvement reaches the
            margin.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    better_than_champion: str | None = None
    margin: float = 0.0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        for argument in ("at_least", "at_most"):
            check_mapping(argument, getattr(self, argument), '{"auc": 0.7}')
            for name, bound in getattr(self, argument).items():
                _check_bound(argument, name, bound)
            object.__setattr__(self, argument, dict(getattr(self, argument)))
        for name in self.at_least:
            if name in self.at_most and self.at_least[name] > self.at_most[name]:
                raise refusal(
                    "at_most", self.at_most[name], f"no {name} can pass: at_least asks {self.at_least[name]}."
                )
        if self.better_than_champion is not None:
            comparable_metric("better_than_champion", self.better_than_champion)
        if not is_number(self.confidence) or not 0.5 <= self.confidence < 1:
            raise refusal("confidence", self.confidence, "give a probability from 0.5 to below 1.")
        if not is_number(self.margin) or not -1e6 < self.margin < 1e6:
            raise refusal("margin", self.margin, "give a plain number in the metric's unit.")

    def check_task(self, task: str, classes: tuple[str, ...] = ()) -> None:
        """Refuse metrics that are not computed for the dataset's task and classes.

        Raises:
            ValueError: naming the metric.
        """
        champion = [self.better_than_champion] if self.better_than_champion else []
        for name in (*self.at_least, *self.at_most):
            if is_training_metric(name):
                raise refusal(
                    "gate",
                    name,
                    "is a metric of the training job, and the gate judges answers to the holdout; name "
                    "one of those.",
                )
        for argument, names in (
            ("at_least", [*self.at_least]),
            ("at_most", [*self.at_most]),
            ("better_than_champion", champion),
        ):
            for name in names:
                check_metric_task(argument, name, task, classes)

    def check_training_metrics(
        self, algorithm: str, channels: Collection[str], texts: Mapping[str, str]
    ) -> None:
        """Refuse metrics of answers without a holdout, and metrics that an algorithm does not report.

        Args:
            algorithm: the name of a built-in algorithm, or empty.
            channels: the names of the training job's channels.
            texts: its hyperparameters.

        Raises:
            ValueError: naming the metric and the remedy.
        """
        for name in (*self.at_least, *self.at_most):
            if not is_training_metric(name):
                raise refusal(
                    "gate",
                    name,
                    "is computed from answers to a holdout; give Channels(holdout=..., classes=...), or a "
                    'metric of the training job, such as "validation:accuracy".',
                )
        for argument in ("at_least", "at_most"):
            check_training_metrics(argument, getattr(self, argument), algorithm, channels, texts)
        if self.better_than_champion is not None:
            raise refusal(
                "better_than_champion",
                self.better_than_champion,
                "two models are compared by their answers to one holdout; give Channels(holdout=..., "
                "classes=...).",
            )

    def to_plan(self) -> GateSection:
        """The ``gate`` section of a job's plan."""
        return GateSection(
            at_least=dict(self.at_least),
            at_most=dict(self.at_most),
            better_than_champion=self.better_than_champion,
            margin=self.margin,
            confidence=self.confidence,
        )


def _check_bound(argument: str, name: str, bound: float) -> None:
    if is_training_metric(name):
        if not is_number(bound):
            raise refusal(f"{argument}[{name!r}]", bound, "give a number.")
        return
    known = metric(argument, name)
    if not is_number(bound):
        raise refusal(f"{argument}[{name!r}]", bound, "give a number.")
    too_low = known.lowest is not None and bound < known.lowest
    too_high = known.highest is not None and bound > known.highest
    if too_low or too_high:
        limits = f"from {known.lowest:g}" if known.lowest is not None else ""
        limits += f" to {known.highest:g}" if known.highest is not None else ""
        raise refusal(
            f"{argument}[{name!r}]", bound, f"{name} has values {limits.strip()}; give one of those."
        )
