"""The metric of an embedding: the share of the features' variance that its vectors explain.

The features are reconstructed from the vectors by linear least squares on the same rows. For principal
components this is the sum of the components' explained variance ratios. Each feature is divided by its
standard deviation first, so that each counts the same; a missing value counts as the mean.
"""

from typing import cast

import numpy as np

from jobs.metrics.cluster import standardized
from jobs.metrics.rows import Floats, ScoredRows


def compute_embedding(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of an embedding, by name; NaN when no feature varies."""
    return {"explained_variance": explained_variance(scored, weights)}


def explained_curve(scored: ScoredRows) -> Floats:
    """The variance that the first 1, 2, ... numbers of the vectors explain, for a chart."""
    width = cast("Floats", scored.answers).shape[1]
    return np.array([explained_variance(scored, np.ones(len(scored)), width=k) for k in range(1, width + 1)])


def explained_by_feature(scored: ScoredRows) -> Floats:
    """The share of each feature's variance that the vectors explain; 1 for one that does not vary."""
    products, coefficients, variances = _fitted(scored, np.ones(len(scored)), None)
    explained = (products * coefficients).sum(axis=0)
    shares: Floats = np.divide(explained, variances, out=np.ones(len(variances)), where=variances > 0)
    return shares


def explained_variance(scored: ScoredRows, weights: Floats, *, width: int | None = None) -> float:
    """The share of variance that the vectors explain, or only their first numbers.

    Args:
        width: how many of the vectors' numbers are used; all when None.
    """
    products, coefficients, variances = _fitted(scored, weights, width)
    variance = float(variances.sum())
    return float((products * coefficients).sum()) / variance if variance > 0 else float("nan")


def _fitted(scored: ScoredRows, weights: Floats, width: int | None) -> tuple[Floats, Floats, Floats]:
    """The covariances of vectors and features, the coefficients of the regression, the features' variances.

    Covariances and variances are sums over the rows.
    """
    if "embedding" not in scored.memo:
        vectors = standardized(cast("Floats", scored.answers))
        features = standardized(cast("Floats", scored.features))
        ones = np.ones((len(scored), 1))
        left = np.hstack([ones, vectors])
        scored.memo["embedding"] = left, np.hstack([left, features, features**2]), features.shape[1]
    left, right, count = scored.memo["embedding"]
    every = left.shape[1]
    used = slice(1, every if width is None else 1 + width)
    # One product for all weighted sums, whose size is the width of the vectors, however many rows there are.
    sums = (left * weights[:, None]).T @ right
    total, means = sums[0, 0], sums[0] / sums[0, 0]
    of_features = slice(every, every + count)
    moments = sums[used, used] - total * np.outer(means[used], means[used])
    products = sums[used, of_features] - total * np.outer(means[used], means[of_features])
    variances = np.maximum(sums[0, every + count :] - total * means[of_features] ** 2, 0.0)
    return products, np.linalg.pinv(moments, hermitian=True) @ products, variances
