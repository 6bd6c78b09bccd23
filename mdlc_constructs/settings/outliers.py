"""The rule for outliers of a numeric column: where values count as unusual, and how many may be."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_above, is_number
from mdlc_constructs.settings.payloads.quality import OutlierRule
from mdlc_constructs.settings.refusal import refusal


@dataclass(frozen=True, kw_only=True)
class Outliers:
    """Which values of a column are outliers, and how many of them a batch may have.

    The bounds come from the baseline: the statistics of the model's own training data. In training there is
    none yet, so that bounds by ``robust_z`` come from the batch itself, and bounds by ``quantile`` are not
    checked: a batch always has that share of its own values beyond its own quantile.

    Args:
        robust_z: a value is an outlier when it is farther from the median than this many standard
            deviations, which are estimated from the quartiles (half of the values may be outliers without
            changing the estimate; source: Huber and Ronchetti, Robust Statistics, 2009, section 1.4).
        quantile: a value is an outlier when it is below this quantile of the baseline or above the mirrored
            one: 0.001 for the 0.1 % lowest and the 0.1 % highest values.
        share: the largest share (0 to 1) of a column's values that may be outliers.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    robust_z: float | None = None
    quantile: float | None = None
    share: float = 0.01

    def __post_init__(self) -> None:
        if (self.robust_z is None) == (self.quantile is None):
            raise refusal("outliers", self, "give either robust_z, such as 8, or quantile, such as 0.001.")
        if self.robust_z is not None:
            check_above("robust_z", self.robust_z, 0, 1e6, unit="standard deviations")
        quantile = self.quantile
        if quantile is not None and not (is_number(quantile) and 2**-12 <= quantile < 0.5):
            raise refusal("quantile", quantile, "give a quantile from 0.00025 to below 0.5.")
        if not is_number(self.share) or not 0 <= self.share < 1:
            raise refusal("share", self.share, "give a share from 0 to below 1.")
        if quantile is not None and self.share < 2 * quantile:
            raise refusal(
                "share",
                self.share,
                f"the baseline itself has {2 * quantile:g} of its values beyond the two quantiles; "
                "give a larger share.",
            )

    def to_plan(self) -> OutlierRule:
        """The rule in the ``quality`` section of a job's plan."""
        return OutlierRule(robust_z=self.robust_z, quantile=self.quantile, share=self.share)
