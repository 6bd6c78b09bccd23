"""How rows are divided, always in the order of time: the past trains, the future judges."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from mdlc_constructs.settings.payloads.job_plan import SplitSection
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.refusal import refusal


@dataclass(frozen=True, kw_only=True)
class Split:
    """A chronological division into training, validation and holdout rows.

    Make one with `Split.by_time` or `Split.by_fraction`. An interval holds its start and not its end. Times
    without a zone are UTC.
    """

    intervals: Mapping[str, tuple[str | None, str | None]] | None = None
    fractions: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if (self.intervals is None) == (self.fractions is None):
            raise refusal("split", self, "make one with Split.by_time(...) or Split.by_fraction(...).")

    @classmethod
    def by_time(
        cls,
        *,
        validation_from: date | datetime,
        holdout_from: date | datetime,
        train_from: date | datetime | None = None,
        holdout_to: date | datetime | None = None,
    ) -> "Split":
        """Divide at moments. Rows before ``train_from`` and from ``holdout_to`` on are left out.

        Raises:
            ValueError: when the moments are not in the order of time.
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
            }
        )

    @classmethod
    def by_fraction(cls, *, validation: float = 0.1, holdout: float = 0.2) -> "Split":
        """Divide by shares of the rows in the order of time: the latest are the holdout.

        Rows of one moment are kept together, so shares are approximate where many rows share a moment.

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
        return cls(fractions={"train": train, "validation": validation, "holdout": holdout})

    def to_plan(self) -> SplitSection:
        """The ``split`` section of a job's plan."""
        if self.intervals is None:
            return SplitSection(fractions=dict(self.fractions or {}))
        return SplitSection(
            intervals={part: Interval(start=start, end=end) for part, (start, end) in self.intervals.items()}
        )


def _iso(argument: str, moment: date | datetime | None) -> str | None:
    """The moment as ISO text in UTC without a zone, which is how jobs hold times."""
    if moment is None:
        return None
    if isinstance(moment, datetime):
        plain = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return plain.isoformat(timespec="seconds")
    if isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day).isoformat(timespec="seconds")
    raise refusal(argument, moment, "give a date or a datetime.")
