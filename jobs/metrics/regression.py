"""The metrics of a regression."""

import numpy as np

from jobs.metrics.rows import Floats, ScoredRows, dot


def compute_regression(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of a regression, by name."""
    total = float(weights.sum())
    mean = {name: dot(weights, column) / total for name, column in scored.row_losses.items()}
    # The mean is subtracted first: with large labels, rounding would otherwise destroy the variance.
    spread = dot(weights, (scored.labels - mean["label"]) ** 2) / total
    return {
        "rmse": float(np.sqrt(mean["squared"])),
        "mae": mean["absolute"],
        "r2": 1 - mean["squared"] / spread if spread > 0 else float("nan"),
    }
