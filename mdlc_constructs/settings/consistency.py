"""Checks that equal inputs keep getting equal answers: captured requests are replayed.

They are sent again to the endpoint, and to the model package itself.
"""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_above, check_whole
from mdlc_constructs.settings.payloads.monitor_settings import ReplayRules
from mdlc_constructs.settings.refusal import refusal

MAX_ROWS = 2000


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """Which requests of each window are replayed, and how much their answers may differ.

    Args:
        sample: the number of captured requests per window. For the package their features are computed again.
        tolerance: how far two answers of one version to one row may differ, in the score's own unit. It
            should only allow for rounding.
        share: the alarm goes to ALARM when a larger share (0 to 1) of the answers differs by more.
        golden: whether the recorded rows in ``golden/rows.jsonl`` are replayed, too, when they exist.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    sample: int = 200
    tolerance: float = 1e-4
    share: float = 0.01
    golden: bool = True

    def __post_init__(self) -> None:
        check_whole("sample", self.sample, 1, MAX_ROWS, unit="requests")
        check_above("tolerance", self.tolerance, 0, 1e12)
        if isinstance(self.share, bool) or not 0 <= self.share < 1:
            raise refusal("share", self.share, "give a share from 0 to below 1.")

    def to_plan(self) -> ReplayRules:
        """The settings for the function that replays requests."""
        return ReplayRules(tolerance=self.tolerance, golden=self.golden)
