"""The split of rows into training, validation and holdout: by time, by chance, or as the data say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.split import PartColumn, RandomSection, SplitSection
from mdlc_constructs.settings.payloads.tasks import CLASS_TASKS
from mdlc_constructs.settings.refusal import refusal, unknown

MAX_SEED = 2**31 - 1
_MAKERS = (
    "make one with Split.by_time(...), Split.by_fraction(...), Split.random(...), Split.by_column(...) or "
    "Split.by_prefix(...)."
)
_WITHOUT_TIME = (
    "needs the dataset's timestamp, and it has none: divide by Split.random(...), Split.by_column(...) or "
    "Split.by_prefix(...)."
)


@dataclass(frozen=True, kw_only=True)
class Split:
    """A split into training, validation and holdout rows.

    Create one with `Split.by_time` or `Split.by_fraction` (by time, the default of a dataset with a
    timestamp: a model predicts what comes after its training data, so its holdout should), or with
    `Split.random`, `Split.by_column` or `Split.by_prefix`. An interval includes its start and excludes its
    end. Times without a time zone are UTC.

    Every kind takes ``group``: the column, such as a patient's number, whose equal values stay in one part.
    Without it the model may know the holdout's patients from its training. In a random split and in one by
    fraction a group moves as a whole; by fraction it goes where its latest row is. In the other kinds the
    parts are as the data have them, and a group that lies in two parts is refused by the quality check.
    """

    intervals: Mapping[str, tuple[str | None, str | None]] | None = None
    fractions: Mapping[str, float] | None = None
    shares: Mapping[str, float] | None = None
    seed: int = 1
    stratify: str | None = None
    column: str | None = None
    values: Mapping[str, str] | None = None
    prefixes: Mapping[str, str] | None = None
    group: str | None = None
    gap: timedelta | None = None

    def __post_init__(self) -> None:
        kinds = (self.intervals, self.fractions, self.shares, self.column, self.prefixes)
        if sum(kind is not None for kind in kinds) != 1:
            raise refusal("split", self, _MAKERS)
        if self.group is not None and (not isinstance(self.group, str) or not self.group):
            raise refusal("group", self.group, "name a column, such as 'patient'.")
        if self.gap is not None and not (isinstance(self.gap, timedelta) and self.gap > timedelta(0)):
            raise refusal(
                "gap", str(self.gap), "give a time above 0, such as timedelta(days=7), or leave it out."
            )

    @classmethod
    def by_time(
        cls,
        *,
        validation_from: date | datetime,
        holdout_from: date | datetime,
        train_from: date | datetime | None = None,
        holdout_to: date | datetime | None = None,
        gap: timedelta | None = None,
        group: str | None = None,
    ) -> "Split":
        """Split at points in time. Rows before ``train_from`` and from ``holdout_to`` on are left out.

        Args:
            gap: a time before validation and before holdout whose rows are in no part, so that features that
                look back do not carry one part's labels into the next.

        Raises:
            ValueError: when the times are not in chronological order.
        """
        moments = {
            "train_from": _iso("train_from", train_from),
            "validation_from": _iso("validation_from", validation_from),
            "holdout_from": _iso("holdout_from", holdout_from),
            "holdout_to": _iso("holdout_to", holdout_to),
        }
        bounds = [(name, moment) for name, moment in moments.items() if moment is not None]
        for (earlier, start), (later, end) in pairwise(bounds):
            if start >= end:
                raise refusal(later, end, f"must be after {earlier} ({start}).")
        return cls(
            intervals={
                "train": (moments["train_from"], moments["validation_from"]),
                "validation": (moments["validation_from"], moments["holdout_from"]),
                "holdout": (moments["holdout_from"], moments["holdout_to"]),
            },
            gap=gap,
            group=group,
        )

    @classmethod
    def by_fraction(
        cls,
        *,
        validation: float = 0.1,
        holdout: float = 0.2,
        gap: timedelta | None = None,
        group: str | None = None,
    ) -> "Split":
        """Split by shares of the rows in chronological order: the latest rows are the holdout.

        Rows with equal times stay together, so shares are approximate when many rows have the same time. The
        holdout of a forecast is at least as long as its origins need.

        Args:
            gap: as in `by_time`.

        Raises:
            ValueError: when a share is not between 0 and 1, or nothing is left to train on.
        """
        return cls(fractions=_shares(validation, holdout), gap=gap, group=group)

    @classmethod
    def random(
        cls,
        *,
        validation: float = 0.1,
        holdout: float = 0.2,
        seed: int = 1,
        stratify: str | None = None,
        group: str | None = None,
    ) -> "Split":
        """Split by chance: a row's part follows from a hash of its key (or of its values) and the seed.

        Neither the order of the files nor the number of threads changes it. Without ``stratify`` a row stays
        in its part when data are added, and the shares are approximate. With it, each part holds the
        column's values in the same shares, exact to rounding; rows near a part's limit may change it when
        data are added.

        Args:
            validation: the share of the rows for validation.
            holdout: the share of the rows for the evaluation.
            seed: another seed draws other rows.
            stratify: a column of few values, such as the label.
            group: the column whose equal values stay in one part; not with ``stratify``.

        Raises:
            ValueError: when a share is not between 0 and 1, or nothing is left to train on.
        """
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
            raise refusal("seed", seed, f"give a whole number from 0 to {MAX_SEED}.")
        if stratify is not None and (not isinstance(stratify, str) or not stratify):
            raise refusal("stratify", stratify, "name a column, such as the label.")
        if stratify is not None and group is not None:
            raise refusal(
                "stratify",
                stratify,
                f"a group of {group!r} moves as a whole, whatever it holds; leave it out.",
            )
        return cls(shares=_shares(validation, holdout), seed=seed, stratify=stratify, group=group)

    @classmethod
    def by_column(
        cls,
        column: str,
        *,
        train: str = "train",
        validation: str = "validation",
        holdout: str = "holdout",
        group: str | None = None,
    ) -> "Split":
        """Split by a column that says to which part a row belongs. Rows of other values are left out.

        Args:
            column: declared in the dataset's columns, of type "text" so that it is no feature.
            train: the column's value, as text, of the rows to train on.
            validation: of those for validation.
            holdout: of those for the evaluation.
            group: the column whose equal values must stay in one part.

        Raises:
            ValueError: when two parts have the same value.
        """
        if not isinstance(column, str) or not column:
            raise refusal("column", column, "name the column that says to which part a row belongs.")
        values = {"train": train, "validation": validation, "holdout": holdout}
        for part, value in values.items():
            if not isinstance(value, str) or not value:
                raise refusal(part, value, f"give the value of {column!r} in its rows, as text.")
        for first, other in combinations(values, 2):
            if values[first] == values[other]:
                raise refusal(other, values[other], f"is the value of {first} too; each part has its own.")
        return cls(column=column, values=values, group=group)

    @classmethod
    def by_prefix(
        cls,
        *,
        train: str = "train/",
        validation: str = "validation/",
        holdout: str = "holdout/",
        group: str | None = None,
    ) -> "Split":
        """Split by what the files' names begin with, below the dataset's URI. Other files are left out.

        Raises:
            ValueError: when a name could begin with the prefixes of two parts.
        """
        prefixes = {"train": train, "validation": validation, "holdout": holdout}
        for part, prefix in prefixes.items():
            if not isinstance(prefix, str) or not prefix or prefix.startswith(("/", "s3://")):
                raise refusal(part, prefix, f"give it below the dataset's URI, such as '{part}/'.")
        for first, other in combinations(prefixes, 2):
            pair = sorted((prefixes[first], prefixes[other]), key=len)
            if pair[1].startswith(pair[0]):
                raise refusal(
                    other,
                    prefixes[other],
                    f"files of {first} ({prefixes[first]!r}) would be in both; change one.",
                )
        return cls(prefixes=prefixes, group=group)

    @classmethod
    def default_for(cls, dataset: Dataset) -> "Split":
        """The split of a dataset for which none was chosen.

        It is by time where there is a time. Otherwise it is random, with the classes in equal shares. A
        ranking's groups stay together.
        """
        if dataset.timestamp is not None:
            return cls.by_fraction(group=dataset.group)
        if dataset.group is not None:
            return cls.random(group=dataset.group)
        return cls.random(stratify=dataset.label if dataset.task in CLASS_TASKS else None)

    def of(self, dataset: Dataset) -> "Split":
        """The split as it divides a dataset: a ranking's group is its group unless it has another one.

        Raises:
            ValueError: when the dataset has no timestamp or column that it needs.
        """
        if self.by_time_order and dataset.timestamp is None:
            raise refusal("split", "by time", _WITHOUT_TIME)
        if dataset.forecast is not None and (not self.by_time_order or self.group is not None):
            raise refusal(
                "split",
                self.group or "not by time",
                "a forecast's holdout comes after its training, in all series alike; divide by "
                "Split.by_fraction(...) or Split.by_time(...), without a group.",
            )
        start, end = (self.intervals or {}).get("holdout", (None, None))
        if dataset.forecast is not None and start and end:
            length = datetime.fromisoformat(end) - datetime.fromisoformat(start)
            dataset.forecast.check_holdout("holdout_to", end, length)
        split = self
        if dataset.group is not None and split.stratify is not None:
            raise refusal(
                "split.stratify",
                split.stratify,
                f"would scatter the rows of a group of {dataset.group!r}, which a ranking keeps together; "
                "leave it out.",
            )
        if split.group is None and dataset.group is not None:
            split = replace(self, group=dataset.group)
        for role in ("column", "stratify", "group"):
            name = getattr(split, role)
            if name is not None and name not in dataset.columns:
                raise unknown(f"split.{role}", name, dataset.columns, what="column of the dataset")
        if split.column is not None and split.column == dataset.label:
            raise refusal("split.column", split.column, "is the label; give a column of its own.")
        for role in ("column", "group"):
            name = getattr(split, role)
            if name is not None and name in dataset.resolved_features:
                raise refusal(
                    f"split.{role}",
                    name,
                    "is a feature, and training never sees the holdout's values of it; declare the column "
                    "'text', or leave it out of features.",
                )
        kind = dataset.columns.get(split.stratify or "")
        if kind in ("number", "timestamp") and not (
            split.stratify == dataset.label and dataset.task in CLASS_TASKS
        ):
            raise refusal(
                "split.stratify", split.stratify, f"is a {kind} column of too many values; give a category."
            )
        return split

    @property
    def by_time_order(self) -> bool:
        """Whether the parts follow each other in time."""
        return self.intervals is not None or self.fractions is not None

    def to_plan(self) -> SplitSection:
        """The ``split`` section of a job's plan."""
        return SplitSection(
            intervals=None
            if self.intervals is None
            else {part: Interval(start=start, end=end) for part, (start, end) in self.intervals.items()},
            fractions=None if self.fractions is None else dict(self.fractions),
            random=None
            if self.shares is None
            else RandomSection(shares=dict(self.shares), seed=self.seed, stratify=self.stratify),
            column=None
            if self.column is None
            else PartColumn(name=self.column, values=dict(self.values or {})),
            prefixes=None if self.prefixes is None else dict(self.prefixes),
            group=self.group,
            gap_seconds=self.gap.total_seconds() if self.gap else None,
        )


def _shares(validation: float, holdout: float) -> dict[str, float]:
    """The share of each part, checked."""
    for name, share in (("validation", validation), ("holdout", holdout)):
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
            raise refusal(name, share, "give a share of the rows between 0 and 1, both excluded.")
    train = round(1 - validation - holdout, 9)
    if train <= 0:
        raise refusal(
            "holdout", holdout, f"with validation={validation} nothing is left to train on; lower them."
        )
    return {"train": train, "validation": validation, "holdout": holdout}


def _iso(argument: str, moment: date | datetime | None) -> str | None:
    """The time as ISO 8601 text in UTC without a time zone, the format of the jobs; None for None."""
    if moment is None:
        return None
    if isinstance(moment, datetime):
        plain = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return plain.isoformat(timespec="seconds")
    if isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day).isoformat(timespec="seconds")
    raise refusal(argument, moment, "give a date or a datetime.")
