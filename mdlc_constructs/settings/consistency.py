"""The same input keeps its answer: served requests are asked again, of the endpoint and of the package."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_above, check_whole
from mdlc_constructs.settings.payloads.monitor_settings import ReplayRules
from mdlc_constructs.settings.refusal import refusal

MAX_ROWS = 2000


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """What is asked again of each window.

    Args:
        sample: how many captured requests of a window; their features are computed anew for the package.
        tolerance: how far two answers of one version to one row may lie apart, in the answer's own unit:
            room for rounding and nothing else.
        share: share (0 to 1) of the answers that may have moved further before the alarm goes to ALARM.
        golden: whether the recorded rows in ``golden/rows.jsonl`` are asked too, where there are some.

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
        """As the replaying function holds it."""
        return ReplayRules(tolerance=self.tolerance, golden=self.golden)
