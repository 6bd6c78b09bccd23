"""Golden checks: recorded rows with expected scores, sent to a new version before it gets any traffic."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_above
from mdlc_constructs.settings.payloads.job_plan import GoldenSection


@dataclass(frozen=True, kw_only=True)
class GoldenChecks:
    """How close a new version's scores of recorded rows must be to the expected ones.

    The expected scores are usually those of the serving version, and a good new version does not repeat them
    exactly. So by default scores may differ by 0.25 (a quarter of a probability's range), and a few rows by
    more.

    Both files are in the model's bucket. ``golden/rows.jsonl`` holds raw rows with their key columns, one
    JSON object per line; ``golden/expected.csv`` has the header ``row_key,expected`` and one line per row, in
    the same order.

    Args:
        tolerance: how far a score may be from the expected one, in the score's own unit.
        share: share (0 to 1) of the rows that must be within the tolerance.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    tolerance: float = 0.25
    share: float = 0.95

    def __post_init__(self) -> None:
        check_above("tolerance", self.tolerance, 0, 1e12)
        check_above("share", self.share, 0, 1)

    def to_plan(self) -> GoldenSection:
        """The ``golden`` section of a job's plan."""
        return GoldenSection(tolerance=self.tolerance, share=self.share)
