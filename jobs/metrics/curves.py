"""The curves of a binary model's charts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jobs.metrics.rows import CALIBRATION_BINS, Floats, ScoredRows


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The points of the charts, thinned to what can be seen: each curve is a tuple of coordinate arrays."""

    roc: tuple[Floats, Floats]
    precision_recall: tuple[Floats, Floats]
    calibration: tuple[Floats, Floats, Floats]
    confusion: Mapping[str, int] = field(default_factory=dict)

    def to_registry(self) -> dict[str, Any]:
        """The curves in the format of SageMaker Model Registry's model quality metrics."""
        false_positive, true_positive = self.roc
        recall, precision = self.precision_recall
        counts = self.confusion
        return {
            "confusion_matrix": {
                "0": {"0": counts["true_negative"], "1": counts["false_positive"]},
                "1": {"0": counts["false_negative"], "1": counts["true_positive"]},
            },
            "receiver_operating_characteristic_curve": {
                "false_positive_rates": [round(float(v), 6) for v in false_positive],
                "true_positive_rates": [round(float(v), 6) for v in true_positive],
            },
            "precision_recall_curve": {
                "precisions": [round(float(v), 6) for v in precision],
                "recalls": [round(float(v), 6) for v in recall],
            },
        }


def curves(scored: ScoredRows, points: int = 200) -> Curves:
    """The curves of a binary model, each thinned to about ``points`` points."""
    hits = np.cumsum(scored.ordered_labels)[scored.ends]
    selected = scored.ends + 1.0
    kept = np.unique(np.linspace(0, len(hits) - 1, points).astype(np.intp))
    true_positive = np.r_[0.0, (hits / max(hits[-1], 1))[kept]]
    alarms = selected - hits
    false_positive = np.r_[0.0, (alarms / max(alarms[-1], 1))[kept]]
    precision = (hits / selected)[kept]
    size = np.bincount(scored.bins, minlength=CALIBRATION_BINS).astype(np.float64)
    held = size > 0
    expected = np.bincount(scored.bins, scored.scores, CALIBRATION_BINS)[held] / size[held]
    happened = np.bincount(scored.bins, scored.labels, CALIBRATION_BINS)[held] / size[held]
    names = ("true_positive", "false_positive", "false_negative", "true_negative")
    return Curves(
        roc=(false_positive, true_positive),
        precision_recall=((hits / max(hits[-1], 1))[kept], precision),
        calibration=(expected, happened, size[held]),
        confusion={name: int(scored.row_losses[name].sum()) for name in names},
    )
