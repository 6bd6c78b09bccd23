"""The chronological split of rows: earlier rows are for training, the latest for the evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from mdlc_constructs.settings.payloads.job_plan import SplitSection
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.refusal import refusal


@dataclass(frozen=True, kw_only=True)
class Split:
    """A chronological split into training, validation and holdout rows.

    Create one with `Split.by_time` or `Split.by_fraction`. An interval includes its start and excludes its
    end. Times without a time zone are UTC.
    """

    intervals: Mapping[str, tuple[str | None, str | None]] | None = None
    fractions: Mapping[str, float] | None = None
    gap: timedelta | None = None

    def __post_init__(self) -> None:
        if (self.intervals is None) == (self.fractions is None):
            raise refusal("split", self, "make one with Split.by_time(...) or Split.by_fraction(...).")
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
        )

    @classmethod
    def by_fraction(
        cls, *, validation: float = 0.1, holdout: float = 0.2, gap: timedelta | None = None
    ) -> "Split":
        """Split by shares of the rows in chronological order: the latest rows are the holdout.

        Rows with equal times stay together, so shares are approximate when many rows have the same time. The
        holdout of a forecast is at least as long as its origins need.

        Args:
            gap: as in `by_time`.

        Raises:
            ValueError: when a share is not between 0 and 1, or nothing is left to train on.
        """
        for name, share in (("validation", validation), ("holdout", holdout)):
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
                raise refusal(name, share, "give a share of the rows between 0 and 1, both excluded.")
        train = round(1 - validation - holdout, 9)
        if train <= 0:
            raise refusal(
                "holdout", holdout, f"with validation={validation} nothing is left to train on; lower them."
            )
        return cls(fractions={"train": train, "validation": validation, "holdout": holdout}, gap=gap)

    def to_plan(self) -> SplitSection:
        """The ``split`` section of a job's plan."""
        gap = self.gap.total_seconds() if self.gap else None
        if self.intervals is None:
            return SplitSection(fractions=dict(self.fractions or {}), gap_seconds=gap)
        return SplitSection(
            gap_seconds=gap,
            intervals={part: Interval(start=start, end=end) for part, (start, end) in self.intervals.items()},
        )


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
