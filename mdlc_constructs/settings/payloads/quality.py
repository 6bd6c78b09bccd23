"""The section `quality` of `plan.json`: the rules for a batch of data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from mdlc_constructs.settings.payloads.codec import OMIT_NONE


@dataclass(frozen=True, kw_only=True)
class OutlierRule:
    """Which values of a column are outliers; see `Outliers` for the meaning."""

    robust_z: float | None
    quantile: float | None
    share: float


@dataclass(frozen=True, kw_only=True)
class QualitySection:
    """The rules for a batch of data; see `QualityRules` for their meaning."""

    minimum_rows: int
    maximum_missing_share: float
    missing_share: Mapping[str, float]
    unique_key: bool
    ranges: Mapping[str, tuple[float | None, ...]]
    accepted_values: Mapping[str, tuple[str, ...]]
    minimum_class_share: float
    leak_auc: float
    outliers: Mapping[str, OutlierRule] | None = field(default=None, metadata={OMIT_NONE: True})

    def about(self, columns: Collection[str]) -> "QualitySection":
        """The same rules, without those for columns not in `columns`."""
        return replace(
            self,
            missing_share={name: share for name, share in self.missing_share.items() if name in columns},
            ranges={name: bounds for name, bounds in self.ranges.items() if name in columns},
            accepted_values={name: texts for name, texts in self.accepted_values.items() if name in columns},
            outliers={name: rule for name, rule in self.outliers.items() if name in columns}
            if self.outliers
            else None,
        )
