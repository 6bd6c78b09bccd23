"""The rules that a batch of data must satisfy before it is used for training or scoring."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.numbers import check_mapping, is_number
from mdlc_constructs.settings.outliers import Outliers
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.refusal import refusal, unknown

MINIMUM_CLASS_SHARE = 0.001
EQUAL_SHARE_PART = 0.1
"""The part of an equal share of the rows that each of many classes must have."""

_BY_COLUMN = {
    "missing_share": '{"age": 0.5}',
    "ranges": '{"age": (0, 120)}',
    "accepted_values": '{"country": ("AT", "DE")}',
    "outliers": '{"age": Outliers(robust_z=8)}',
}


@dataclass(frozen=True, kw_only=True)
class QualityRules:
    """Rules for a batch of data. Missing columns, wrong types and empty files are always refused.

    Args:
        minimum_rows: the minimum number of rows.
        maximum_missing_share: the largest share (0 to 1) of a feature's values that may be missing.
        missing_share: the same for single columns; takes precedence over ``maximum_missing_share``.
        unique_key: whether all row keys must be different.
        ranges: smallest and largest value of numeric columns; None for no limit.
        accepted_values: the values that a column may hold, as text.
        minimum_class_share: the smallest share (0 to 1) of the rows that the rarest class may have. By
            default 0.001, and with more than 100 classes a tenth of the share that equal classes would have.
        leak_auc: a feature that alone reaches this AUC (0.5 to 1) counts as a leak of the label; in a
            multiclass task the mean AUC over the classes, in a regression the correlation.
        outliers: the rule for unusual values of numeric columns, by column.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    minimum_rows: int = 100
    maximum_missing_share: float = 0.2
    missing_share: Mapping[str, float] = field(default_factory=dict)
    unique_key: bool = True
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    accepted_values: Mapping[str, Collection[str]] = field(default_factory=dict)
    minimum_class_share: float | None = None
    leak_auc: float = 0.98
    outliers: Mapping[str, Outliers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.minimum_rows
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
            raise refusal("minimum_rows", rows, "give a whole number of at least 1.")
        for argument, example in _BY_COLUMN.items():
            check_mapping(argument, getattr(self, argument), example)
        _check_share("maximum_missing_share", self.maximum_missing_share)
        for column, share in self.missing_share.items():
            _check_share(f"missing_share[{column!r}]", share)
        rarest = self.minimum_class_share
        if rarest is not None and not (is_number(rarest) and 0 <= rarest < 0.5):
            raise refusal("minimum_class_share", rarest, "give a share from 0 to below 0.5.")
        if not is_number(self.leak_auc) or not 0.5 < self.leak_auc <= 1:
            raise refusal("leak_auc", self.leak_auc, "give an AUC above 0.5, at most 1.")
        for column, bounds in self.ranges.items():
            self._check_bounds(column, bounds)
        for column, values in self.accepted_values.items():
            if isinstance(values, str) or not isinstance(values, Collection) or not values:
                raise refusal(
                    f"accepted_values[{column!r}]", values, "give a tuple of the values that are accepted."
                )
        for column, rule in self.outliers.items():
            if not isinstance(rule, Outliers):
                raise refusal(f"outliers[{column!r}]", rule, "give a rule, such as Outliers(robust_z=8).")
        object.__setattr__(self, "outliers", dict(self.outliers))
        object.__setattr__(self, "accepted_values", {c: _ordered(v) for c, v in self.accepted_values.items()})
        object.__setattr__(self, "ranges", {c: tuple(v) for c, v in self.ranges.items()})

    @staticmethod
    def _check_bounds(column: str, bounds: tuple[float | None, float | None]) -> None:
        argument = f"ranges[{column!r}]"
        if not isinstance(bounds, tuple | list) or len(bounds) != 2:
            raise refusal(
                argument, bounds, "give the smallest and the largest value; None leaves a side open."
            )
        low, high = bounds
        for bound in bounds:
            if bound is not None and not is_number(bound):
                raise refusal(argument, bounds, "give numbers; None leaves a side open.")
        if low is not None and high is not None and low > high:
            raise refusal(argument, bounds, "the smallest value comes first.")

    def check_columns(self, dataset: Dataset) -> None:
        """Refuse rules about columns that the dataset does not have.

        Raises:
            ValueError: with a suggestion.
        """
        for argument in ("missing_share", "ranges", "accepted_values", "outliers"):
            for column in getattr(self, argument):
                if column not in dataset.columns:
                    raise unknown(argument, column, dataset.columns, what="column")
        for argument, columns in (("ranges", self.ranges), ("outliers", self.outliers)):
            for column in columns:
                if dataset.columns[column] not in ("number", "integer"):
                    raise refusal(
                        argument,
                        column,
                        f"is a {dataset.columns[column]} column; {argument} are for numbers.",
                    )
        for column in self.outliers:
            if column not in dataset.resolved_features:
                raise unknown("outliers", column, dataset.resolved_features, what="feature")

    def to_plan(self, *, classes: int = 2) -> QualitySection:
        """The ``quality`` section of a job's plan.

        Args:
            classes: the number of the dataset's classes; what 2 has is for all other tasks too.
        """
        usual = min(MINIMUM_CLASS_SHARE, EQUAL_SHARE_PART / max(classes, 2))
        return QualitySection(
            minimum_rows=self.minimum_rows,
            maximum_missing_share=self.maximum_missing_share,
            missing_share=dict(self.missing_share),
            unique_key=self.unique_key,
            ranges=dict(self.ranges),
            accepted_values={column: tuple(values) for column, values in self.accepted_values.items()},
            minimum_class_share=usual if self.minimum_class_share is None else self.minimum_class_share,
            leak_auc=self.leak_auc,
            outliers={column: rule.to_plan() for column, rule in self.outliers.items()} or None,
        )


def _ordered(values: Collection[str]) -> tuple[str, ...]:
    """The values as a tuple; those of a set, whose order changes from process to process, are sorted."""
    return tuple(sorted(values, key=str) if isinstance(values, set | frozenset) else values)


def _check_share(argument: str, share: float) -> None:
    if not is_number(share) or not 0 <= share <= 1:
        raise refusal(argument, share, "give a share from 0 to 1.")
