"""Recorded questions with known answers, asked of a new version before it gets any traffic."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_above
from mdlc_constructs.settings.payloads.job_plan import GoldenSection


@dataclass(frozen=True, kw_only=True)
class GoldenChecks:
    """How near the answers to recorded rows must come to the expected ones.

    The expected answers are usually those of the version that serves, and a good retraining does not repeat
    them: by default a version may differ by a quarter of a probability's range, and on a few rows by more.

    Both lie in the model's bucket: raw rows with their key columns in ``golden/rows.jsonl``, a JSON object a
    line, and ``golden/expected.csv`` with the header ``row_key,expected``, one line a row in the same order.

    Args:
        tolerance: how far an answer may be from the expected one, in the answer's unit.
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
