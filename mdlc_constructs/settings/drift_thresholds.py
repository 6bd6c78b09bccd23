"""How large a difference between served data and a model's baseline must be to count as drift."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from mdlc_constructs.settings.numbers import check_above
from mdlc_constructs.settings.payloads.job_plan import Thresholds
from mdlc_constructs.settings.refusal import refusal, unknown

MAX_PSI = 10.0
CHANCE_AUC = 0.5


SENSITIVITIES: Mapping[str, Mapping[str, float]] = {
    "low": {
        "psi": 0.25,
        "cramers_v": 0.25,
        "missing_share": 0.1,
        "new_share": 0.05,
        "vanished_share": 0.05,
        "outside_share": 0.05,
        "joint_auc": 0.7,
    },
    "normal": {},
    "high": {
        "psi": 0.02,
        "cramers_v": 0.05,
        "missing_share": 0.01,
        "new_share": 0.005,
        "vanished_share": 0.005,
        "outside_share": 0.005,
        "joint_auc": 0.55,
        "shift": 0.04,
    },
}
"""The thresholds of each sensitivity that differ from the defaults."""


@dataclass(frozen=True, kw_only=True)
class DriftThresholds:
    """The smallest effect sizes that count as drift, and the rate of false alarms.

    A column drifted when one of its effects reaches the threshold and is statistically significant.

    Args:
        psi: population stability index of a numeric column, less what chance adds.
        cramers_v: Cramer's V, less what chance adds, between a categorical column and whether a row is of
            the window or of the baseline: 0 to 1.
        missing_share: change of the share of missing values.
        new_share: share of the window's rows whose category does not occur in the baseline.
        vanished_share: share of the baseline's rows whose category does not occur in the window.
        outside_share: share of the window's rows outside of the baseline's range.
        shift: rank-biserial correlation between a numeric column and whether a row is of the window, 0 to 1:
            how much more often a value of the window is above one of the baseline than below it. With None
            it is not tested.
        joint_auc: AUC of a classifier that separates the window's rows from the baseline's by all columns
            together; 0.5 is chance level.
        alpha: the share of windows without drift that may raise an alarm, whatever the number of columns. It
            holds once for all single columns together, and once for the classifier of all columns.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    psi: float = Thresholds.psi
    cramers_v: float = Thresholds.cramers_v
    missing_share: float = Thresholds.missing_share
    new_share: float = Thresholds.new_share
    vanished_share: float = Thresholds.vanished_share
    outside_share: float = Thresholds.outside_share
    joint_auc: float = Thresholds.joint_auc
    shift: float | None = Thresholds.shift
    alpha: float = Thresholds.alpha

    def __post_init__(self) -> None:
        check_above("psi", self.psi, 0, MAX_PSI)
        for name in ("cramers_v", "missing_share", "new_share", "vanished_share", "outside_share"):
            check_above(name, getattr(self, name), 0, 1)
        if self.shift is not None:
            check_above("shift", self.shift, 0, 1)
        check_above("joint_auc", self.joint_auc, CHANCE_AUC, 1)
        check_above("alpha", self.alpha, 0, 1)
        if self.alpha == 1:
            raise refusal("alpha", self.alpha, "every window would alarm; give a share such as 0.01.")

    @classmethod
    def with_sensitivity(cls, sensitivity: str) -> "DriftThresholds":
        """The thresholds of a sensitivity; change single ones with ``dataclasses.replace``.

        Drift that only "high" finds is real but often does not matter: a season, or another mix of customers.
        No sensitivity has more false alarms, because ``alpha`` bounds them. docs/monitoring.md has
        measurements of what each sensitivity finds in how many rows.

        Args:
            sensitivity: "low", "normal" (the default) or "high".

        Raises:
            ValueError: when it is another word.
        """
        if not isinstance(sensitivity, str) or sensitivity not in SENSITIVITIES:
            raise unknown("sensitivity", str(sensitivity), SENSITIVITIES, what="sensitivity")
        return cls(**SENSITIVITIES[sensitivity])

    def to_plan(self) -> Thresholds:
        """The ``thresholds`` of a monitor job's plan."""
        return Thresholds(**asdict(self))
