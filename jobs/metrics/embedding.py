"""The metric of an embedding: the share of the features' variance that its vectors explain.

The features are reconstructed from the vectors by linear least squares on the same rows. For principal
components this is the sum of the components' explained variance ratios. Each feature is divided by its
standard deviation first, so that each counts the same; a missing value counts as the mean.
"""

from typing import cast

import numpy as np

from jobs.metrics.cluster import standardized
from jobs.metrics.rows import Floats, ScoredRows, dot


def compute_embedding(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of an embedding, by name; NaN when no feature varies."""
    return {"explained_variance": explained_variance(scored, weights)}


def explained_curve(scored: ScoredRows) -> Floats:
    """The variance that the first 1, 2, ... numbers of the vectors explain, for a chart."""
    width = cast("Floats", scored.answers).shape[1]
    return np.array([explained_variance(scored, np.ones(len(scored)), width=k) for k in range(1, width + 1)])


def explained_variance(scored: ScoredRows, weights: Floats, *, width: int | None = None) -> float:
    """The share of variance that the vectors explain, or only their first numbers.

    Args:
        width: how many of the vectors' numbers are used; all when None.
    """
    if "embedding" not in scored.memo:
        vectors = standardized(cast("Floats", scored.answers))
        features = standardized(cast("Floats", scored.features))
        ones = np.ones((len(scored), 1))
        scored.memo["embedding"] = (
            np.hstack([ones, vectors]),
            np.hstack([ones, vectors, features]),
            (features**2).sum(axis=1),
        )
    left, right, squares = scored.memo["embedding"]
    every = left.shape[1]
    numbers = every if width is None else 1 + width
    # One product for all weighted sums, whose size is the width of the vectors, however many rows there are.
    sums = (left[:, :numbers] * weights[:, None]).T @ right
    total, means = sums[0, 0], sums[0] / sums[0, 0]
    moments = sums[1:, 1:numbers] - total * np.outer(means[1:numbers], means[1:numbers])
    products = sums[1:, every:] - total * np.outer(means[1:numbers], means[every:])
    variance = float(dot(weights, squares) - total * (means[every:] ** 2).sum())
    if variance <= 0:
        return float("nan")
    coefficients = np.linalg.pinv(moments, hermitian=True) @ products
    return float((products * coefficients).sum()) / variance
