"""The metrics of a clustering: how compact its clusters are, and how large.

The silhouette is computed on a sample, as it needs the distance of every pair of rows. Each feature is
divided by its standard deviation first, so that no unit of measurement weighs more than another; a missing
value counts as the mean.

Source: Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of cluster
analysis.
"""

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from jobs.metrics.rows import Floats, ScoredRows

SAMPLE, SEED = 1000, 20250101


def compute_cluster(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of a clustering, by name.

    The silhouette is not defined when all rows of the sample are in one cluster.
    """
    shares = cluster_sizes(scored, weights) / float(weights.sum())
    return {"silhouette": _silhouette(scored, weights), "smallest_cluster_share": float(shares.min())}


def cluster_numbers(scored: ScoredRows) -> Floats:
    """The numbers of the clusters that rows are in, in increasing order."""
    return cast("Floats", _prepare(scored)["numbers"])


def cluster_sizes(scored: ScoredRows, weights: Floats) -> Floats:
    """The weight of each cluster's rows, in the order of `cluster_numbers`."""
    prepared = _prepare(scored)
    return np.bincount(prepared["place"], weights, len(prepared["numbers"])).astype(np.float64)


def standardized(features: Floats) -> Floats:
    """Each column minus its mean, divided by its standard deviation; 0 where a value is missing."""
    held = ~np.isnan(features)
    counts = np.maximum(held.sum(axis=0), 1)
    centred = np.where(held, features - np.where(held, features, 0.0).sum(axis=0) / counts, 0.0)
    # Again: with large values, the first mean is rounded.
    centred = np.where(held, centred - centred.sum(axis=0) / counts, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=0) / counts)
    return cast("Floats", np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 0))


def _prepare(scored: ScoredRows) -> dict[str, Any]:
    if "cluster" not in scored.memo:
        numbers, place = np.unique(cast("Floats", scored.answers)[:, 0], return_inverse=True)
        scored.memo["cluster"] = {"numbers": numbers, "place": place.reshape(-1)}
    return cast("dict[str, Any]", scored.memo["cluster"])


def _silhouette(scored: ScoredRows, weights: Floats) -> float:
    places, widths, drawn = _widths(scored, weights)
    return float(np.average(widths, weights=drawn)) if len(places) else float("nan")


def silhouette_widths(scored: ScoredRows) -> tuple[npt.NDArray[np.intp], Floats]:
    """The place of the cluster, and the silhouette, of each row of the sample; empty for one cluster."""
    places, widths, _ = _widths(scored, np.ones(len(scored)))
    return places, widths


def _widths(scored: ScoredRows, weights: Floats) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Of each row of the sample the cluster's place, the silhouette, and the weight."""
    if "silhouette" not in scored.memo:
        rows = np.arange(len(scored))
        if len(rows) > SAMPLE:
            rows = np.sort(np.random.default_rng(SEED).choice(len(rows), SAMPLE, replace=False))
        # The whole holdout decides on the scale, not the sample.
        features = standardized(cast("Floats", scored.features))[rows]
        membership = np.eye(len(cluster_numbers(scored)))[_prepare(scored)["place"][rows]]
        scored.memo["silhouette"] = (rows, _distances(features), membership)
    rows, distances, membership = scored.memo["silhouette"]
    drawn = weights[rows]
    weighted = membership * drawn[:, None]
    sizes = weighted.sum(axis=0)
    if np.count_nonzero(sizes) < 2:
        return np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
    sums = distances @ weighted
    own = membership.astype(bool)
    # A row that is drawn twice is two rows without a distance between them; none is compared with itself.
    others = (membership @ sizes) - 1
    inside = np.divide(sums[own], others, out=np.zeros(len(rows)), where=others > 0)
    means = np.divide(sums, sizes, out=np.full_like(sums, np.inf), where=sizes > 0)
    means[own] = np.inf
    outside = means.min(axis=1)
    largest = np.maximum(inside, outside)
    widths = np.divide(outside - inside, largest, out=np.zeros(len(rows)), where=(others > 0) & (largest > 0))
    return membership.argmax(axis=1), widths, drawn


def _distances(features: Floats) -> Floats:
    """The Euclidean distance of every pair of rows, one row at a time: exact, and of little memory."""
    return np.stack([np.sqrt(((features - row) ** 2).sum(axis=1)) for row in features])
