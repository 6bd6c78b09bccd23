"""The section `split` of `plan.json`: how rows are divided into parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import OMIT_NONE
from mdlc_constructs.settings.payloads.moments import Interval


@dataclass(frozen=True, kw_only=True)
class RandomSection:
    """A random division of rows.

    Attributes:
        shares: of the rows, by part.
        seed: of the hash by which rows are drawn.
        stratify: the column whose values each part holds in the same shares; None divides without.
    """

    shares: Mapping[str, float]
    seed: int
    stratify: str | None = None


@dataclass(frozen=True, kw_only=True)
class PartColumn:
    """The column that says to which part a row belongs.

    Attributes:
        name: of the column.
        values: the value of each part, as text.
    """

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SplitSection:
    """How rows are divided; just one of the first five is there.

    Attributes:
        intervals: of time, by part.
        fractions: shares of the rows in order of time, by part.
        random: by chance.
        column: by the values of a column.
        prefixes: by part, what the names of its files begin with.
        group: the column whose equal values stay in one part.
        window: the time span of all rows that are used.
        gap_seconds: the time between the end of a part and the beginning of the next; None for no gap.
    """

    intervals: Mapping[str, Interval] | None = None
    fractions: Mapping[str, float] | None = None
    window: Interval = field(default_factory=Interval)
    gap_seconds: float | None = field(default=None, metadata={OMIT_NONE: True})
    random: RandomSection | None = field(default=None, metadata={OMIT_NONE: True})
    column: PartColumn | None = field(default=None, metadata={OMIT_NONE: True})
    prefixes: Mapping[str, str] | None = field(default=None, metadata={OMIT_NONE: True})
    group: str | None = field(default=None, metadata={OMIT_NONE: True})

    @property
    def by_time(self) -> bool:
        """Whether the parts follow each other in time."""
        return self.intervals is not None or self.fractions is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that dividing reads, besides the dataset's timestamp and key."""
        named = (
            self.column.name if self.column else None,
            self.random.stratify if self.random else None,
            self.group,
        )
        return tuple(dict.fromkeys(name for name in named if name))
