"""The shape of a model's answer: one number, or one for each class or quantile level, as SQL expressions."""

from dataclasses import dataclass, replace
from typing import Literal

from jobs.database import literal
from jobs.serving.program import SUM_TOLERANCE
from mdlc_constructs.settings.payloads.dataset import DatasetSection

_NAMES = {"cluster": ("cluster", "distance")}
"""The numbers of an answer that the data set does not name."""


@dataclass(frozen=True, kw_only=True)
class AnswerShape:
    """What a model answers for a row.

    Attributes:
        names: of the answer's numbers in their order: the classes, the quantile levels, or what a clustering
            answers; of a vector the numbers' places. Empty for one number.
        horizon: of a forecast, the number of steps, and so of rows, that a record asks for.
    """

    task: str
    names: tuple[str, ...] = ()
    horizon: int = 1

    @classmethod
    def of(cls, dataset: DatasetSection) -> "AnswerShape":
        """The shape of the answers to a data set's rows."""
        horizon = 1 if dataset.forecast is None else dataset.forecast.horizon
        names = dataset.answer_names or _NAMES.get(dataset.task, ())
        return cls(task=dataset.task, names=names, horizon=horizon)

    def sized(self, numbers: int) -> "AnswerShape":
        """The shape of vectors of that many numbers; of another task, the shape itself."""
        if self.task != "embedding":
            return self
        return replace(self, names=tuple(str(place + 1) for place in range(numbers)))

    @property
    def several(self) -> bool:
        """Whether an answer has several numbers."""
        return bool(self.names)

    @property
    def bounded(self) -> bool:
        """Whether the numbers are probabilities."""
        return self.task in ("binary", "multiclass")

    @property
    def published(self) -> Literal["probabilities", "quantiles", "vector"] | None:
        """The column of published predictions with all numbers of an answer; None if each has its own."""
        if self.task == "embedding":
            return "vector"
        if not self.several or self.task == "cluster":
            return None
        return "probabilities" if self.task == "multiclass" else "quantiles"

    def score(self, answer: str) -> str:
        """The SQL expression of the one number that stands for an answer of several.

        It is the highest probability, the quantile whose level is nearest to the median, the distance to the
        centre of the cluster, or the first number of a vector.
        """
        if self.task in ("cluster", "embedding"):
            return f"{answer}[{len(_NAMES['cluster']) if self.task == 'cluster' else 1}]"
        if self.task == "multiclass":
            return f"list_max({answer})"
        levels = [abs(float(name) - 0.5) for name in self.names]
        return f"{answer}[{levels.index(min(levels)) + 1}]"

    def prediction(self, answer: str) -> str:
        """The SQL expression of the class with the highest probability; of equal ones the first."""
        classes = ", ".join(map(literal, self.names))
        return f"[{classes}][list_position({answer}, list_max({answer}))]"

    @property
    def out_of_bounds(self) -> str:
        """What complete answers that are not `in_bounds` are, for error messages."""
        if self.task == "cluster":
            return "no number of a cluster (0, 1, 2, ...) with a distance of at least 0"
        return "no probabilities from 0 to 1 whose sum is 1"

    def complete(self, answer: str) -> str:
        """The SQL condition that an answer has one finite number for each name; never NULL."""
        return (
            f"coalesce(len({answer}) = {len(self.names)} AND "
            f"len(list_filter({answer}, lambda number: isfinite(number))) = {len(self.names)}, false)"
        )

    def in_bounds(self, answer: str) -> str:
        """The SQL condition that a complete answer's numbers can be what the task asks for."""
        if self.task == "forecast":
            return f"list_sort({answer}) = {answer}"
        if self.task == "cluster":
            return f"{answer}[1] >= 0 AND floor({answer}[1]) = {answer}[1] AND {answer}[2] >= 0"
        if not self.bounded:
            return "true"
        return (
            f"list_min({answer}) >= 0 AND list_max({answer}) <= 1 AND "
            f"abs(list_sum({answer}) - 1) <= {SUM_TOLERANCE}"
        )
