"""The rows of which metrics are computed: labels beside a model's answers, in the order of both.

A resample of n rows is n counts (how often each row was drawn), so every metric takes counts as weights. What
does not depend on the counts, such as the order by score, is computed once.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CALIBRATION_BINS = 10
MIN_PROBABILITY = float(np.finfo(np.float64).eps)

_BY_ROW = (
    *("labels", "scores", "answers", "groups", "weights"),
    *("units", "blocks", "features", "scale", "naive"),
)
"""The fields of `ScoredRows` that hold something of each row."""


@dataclass(frozen=True, kw_only=True)
class ScoredRows:
    """A model's answers to rows, with the rows' labels.

    Attributes:
        labels: of shape (n,): 0 or 1 in a binary task, the number of the class in `names` in a multiclass
            task, the relevance in a ranking, otherwise a number. NaN for a row without a label, which only an
            anomaly task has. Without labels: empty.
        scores: of shape (n,): the one number of each answer. In a multiclass task it is the highest
            probability, in a forecast the median, in a clustering the distance to the centre.
        threshold: the score from which a row of a binary task counts as positive.
        answers: of shape (n, k) for answers of several numbers: probabilities by class, values by quantile
            level, the number of the cluster (k is 1), or a vector. None for answers of one number.
        names: of the k numbers: the classes, or the quantile levels as text.
        groups: of shape (n,), from 0: the rows that belong together, such as a ranking's group or a
            forecast's series. None when rows are independent.
        units: of shape (n,), from 0: the rows that are drawn together in a resample, such as a patient's,
            when these are not those of `groups`; None otherwise. Metrics do not depend on it.
        weights: of shape (n,), at least 0: how much each row counts; None when each counts once.
        blocks: of shape (n,): numbers of the rows of a group that are drawn together in a resample, unique
            over all groups. None when a group is drawn whole.
        features: of shape (n, d), of a clustering or an embedding: the records that the model was asked
            with; NaN for a missing value.
        scale: of shape (n,), of a forecast: the mean absolute error of the seasonal naive forecast on the
            training data of the row's series.
        naive: of shape (n,), of a forecast: the seasonal naive forecast, its baseline.
    """

    labels: Floats
    scores: Floats
    task: str = "binary"
    threshold: float = 0.5
    answers: Floats | None = None
    names: tuple[str, ...] = ()
    groups: npt.NDArray[np.int_] | None = None
    units: npt.NDArray[np.int_] | None = None
    weights: Floats | None = None
    blocks: npt.NDArray[np.int_] | None = None
    features: Floats | None = None
    scale: Floats | None = None
    naive: Floats | None = None

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What a metric computed once for all resamples of these rows, by its name."""
        return {}

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def label_mean(self) -> float | None:
        """The mean of the labels that are known; None without any."""
        known = self.labels[~np.isnan(self.labels)]
        return float(known.mean()) if len(known) else None

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "ScoredRows":
        """A copy with these rows only; groups and units are numbered anew from 0."""
        columns: dict[str, Any] = {
            name: column[rows]
            for name in _BY_ROW
            if (column := getattr(self, name)) is not None and len(column)
        }
        for name in columns.keys() & {"groups", "units"}:
            columns[name] = np.unique(columns[name], return_inverse=True)[1]
        return replace(self, **columns)

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """The rows' indices, from the highest to the lowest score."""
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def ordered_labels(self) -> Floats:
        """The labels in that order."""
        return self.labels[self.order]

    @cached_property
    def ends(self) -> npt.NDArray[np.intp]:
        """The last position in `order` of each group of equal scores."""
        ordered = self.scores[self.order]
        return np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])

    @cached_property
    def row_losses(self) -> dict[str, Floats]:
        """Each row's contribution to the metrics that are means over rows, by name."""
        if self.task == "regression":
            error = self.scores - self.labels
            return {"squared": error**2, "absolute": np.abs(error), "label": self.labels}
        clipped = np.clip(self.scores, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
        positive = self.labels == 1
        predicted = self.scores >= self.threshold
        return {
            "log_loss": -np.where(positive, np.log(clipped), np.log1p(-clipped)),
            "brier": (self.scores - self.labels) ** 2,
            "true_positive": (positive & predicted).astype(np.float64),
            "false_positive": (~positive & predicted).astype(np.float64),
            "false_negative": (positive & ~predicted).astype(np.float64),
            "true_negative": (~positive & ~predicted).astype(np.float64),
        }

    @cached_property
    def shortfall(self) -> Floats:
        """Each row's label minus its score."""
        return self.labels - self.scores

    @cached_property
    def bins(self) -> npt.NDArray[np.intp]:
        """The calibration bin of each row; the bins have equal width over the scores from 0 to 1."""
        return np.minimum((self.scores * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)


def dot(weights: Floats, column: Floats) -> float:
    """A sum of products on one thread: waiting for another core that is busy costs more than it saves."""
    return float(np.einsum("i,i->", weights, column))
