"""The charts of clusterings, anomaly detections and embeddings."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from jobs.gate import CHALLENGER
from jobs.metrics.anomaly import labelled_rows
from jobs.metrics.cluster import cluster_numbers, cluster_sizes, silhouette_widths, standardized
from jobs.metrics.curves import curves
from jobs.metrics.embedding import explained_by_feature, explained_curve
from jobs.metrics.rows import Floats, ScoredRows
from jobs.pages.axes import COLOURS, INK, SOFT, Axes, colour, titled
from jobs.pages.evaluation_groups import spread_edges

MAX_CLUSTERS, MAX_FEATURES, MAX_POINTS = 10, 15, 2000
_ANOMALY, _USUAL = "#c8553d", "#7a9cc0"


def draw_unlabelled(grid: Any, models: Mapping[str, ScoredRows]) -> None:
    """Draw the charts into all places of the grid but the last, which the table of metrics has."""
    charts = _CHARTS[models[CHALLENGER].task]
    for place, chart in enumerate(charts):
        chart(grid[place // 3][place % 3], models[CHALLENGER])


def _sizes(axes: Axes, scored: ScoredRows) -> None:
    shares = cluster_sizes(scored, np.ones(len(scored))) / len(scored)
    order = np.argsort(-shares, kind="stable")[:MAX_CLUSTERS]
    names = [f"{number:g}" for number in cluster_numbers(scored)[order]]
    axes.bar(names, shares[order], color=[colour(int(place)) for place in order], alpha=0.8)
    titled(axes, "Sizes of clusters", "cluster", "share of rows")


def _widths(axes: Axes, scored: ScoredRows) -> None:
    """The silhouettes of the sample's rows, the widest first, cluster by cluster."""
    places, widths = silhouette_widths(scored)
    start = 0
    for place in range(len(cluster_numbers(scored))):
        own = np.sort(widths[places == place])[::-1]
        axes.fill_between(np.arange(start, start + len(own)), own, color=colour(place), alpha=0.8, step="mid")
        start += len(own)
    if len(widths):
        axes.axhline(float(widths.mean()), color=INK, linewidth=1, linestyle="--")
    titled(axes, "Silhouettes by cluster", "rows of the sample", "silhouette")


def _two_numbers(axes: Axes, points: Floats, places: Any, title: str, across: str, up: str) -> None:
    kept = np.linspace(0, len(points) - 1, min(MAX_POINTS, len(points))).astype(np.intp)
    inks = [colour(int(place)) for place in places[kept]]
    axes.scatter(points[kept, 0], points[kept, 1], s=6, alpha=0.5, color=inks, linewidths=0)
    titled(axes, title, across, up)


def _clusters(axes: Axes, scored: ScoredRows) -> None:
    features = standardized(cast("Floats", scored.features))
    places = np.searchsorted(cluster_numbers(scored), cast("Floats", scored.answers)[:, 0])
    if features.shape[1] < 2:
        _nothing(axes, "Clusters along two principal components", "There is one feature only.")
        return
    _, directions = np.linalg.eigh(features.T @ features)
    points = features @ directions[:, [-1, -2]]
    title = "Clusters along two principal components"
    _two_numbers(axes, points, places, title, "first component", "second component")


def _distances(axes: Axes, scored: ScoredRows) -> None:
    edges = spread_edges(scored.scores, 41)
    places = np.searchsorted(cluster_numbers(scored), cast("Floats", scored.answers)[:, 0])
    for place, number in enumerate(cluster_numbers(scored)[:MAX_CLUSTERS]):
        heights = np.histogram(scored.scores[places == place], edges)[0] / len(scored)
        axes.stairs(heights, edges, color=colour(place), linewidth=1.6, label=f"{number:g}")
    titled(axes, "Distance to the centre by cluster", "distance", "share of rows")
    axes.legend(loc="upper right", fontsize=8.5, frameon=False)


def _means(axes: Axes, scored: ScoredRows) -> None:
    """What is typical of each cluster: its mean of each feature, in standard deviations."""
    features = standardized(cast("Floats", scored.features))[:, :MAX_FEATURES]
    numbers = cluster_numbers(scored)[:MAX_CLUSTERS]
    clusters = cast("Floats", scored.answers)[:, 0]
    means = np.stack([features[clusters == number].mean(axis=0) for number in numbers])
    axes.imshow(means, cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto")
    titled(axes, "Means of features, in standard deviations", "number of the feature", "cluster")
    axes.set_xticks(range(means.shape[1]), [str(place + 1) for place in range(means.shape[1])])
    axes.set_yticks(range(len(numbers)), [f"{number:g}" for number in numbers])
    axes.grid(False)


def _scores(axes: Axes, scored: ScoredRows) -> None:
    edges = spread_edges(scored.scores, 51)
    anomaly = scored.labels == 1 if len(scored.labels) else np.zeros(len(scored), dtype=bool)
    groups = [(~anomaly, _USUAL, "other rows"), (anomaly, _ANOMALY, "known anomalies")]
    for chosen, ink, name in groups if anomaly.any() else [(~anomaly, _USUAL, "rows")]:
        heights = np.histogram(scored.scores[chosen], edges)[0] / max(int(chosen.sum()), 1)
        axes.stairs(heights, edges, fill=True, color=ink, alpha=0.6, label=f"{name} ({chosen.sum():,})")
    titled(axes, "Scores", "score", "share of rows")
    axes.legend(loc="upper right", fontsize=8.5, frameon=False)


def _highest(axes: Axes, scored: ScoredRows) -> None:
    ordered = np.sort(scored.scores)[::-1]
    axes.plot(np.arange(1, len(ordered) + 1), ordered, color=COLOURS[CHALLENGER], linewidth=1.6)
    _logarithmic(axes)
    titled(axes, "Scores in order", "rank (logarithmic)", "score")


def _with_labels(title: str, draw: Callable[[Axes, ScoredRows], None]) -> Callable[[Axes, ScoredRows], None]:
    """A chart that needs rows with and without an anomaly."""

    def chart(axes: Axes, scored: ScoredRows) -> None:
        labelled = labelled_rows(scored)
        if len(labelled) and 0 < labelled.labels.sum() < len(labelled):
            draw(axes, labelled)
        else:
            _nothing(axes, title, "The holdout has no labels of both kinds.")

    return chart


def _roc(axes: Axes, labelled: ScoredRows) -> None:
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    axes.plot(*_shape(labelled).roc, color=COLOURS[CHALLENGER], linewidth=2)
    titled(axes, "ROC", "false positive rate", "true positive rate")


def _precision_recall(axes: Axes, labelled: ScoredRows) -> None:
    axes.axhline(float(labelled.labels.mean()), color="#bbbbbb", linewidth=1, linestyle=":")
    axes.plot(*_shape(labelled).precision_recall, color=COLOURS[CHALLENGER], linewidth=2)
    titled(axes, "Precision and recall", "recall", "precision")
    axes.set(xlim=(0, 1), ylim=(0, 1.01))


def _precision_at(axes: Axes, labelled: ScoredRows) -> None:
    hits = np.cumsum(labelled.ordered_labels)
    across = np.arange(1, len(hits) + 1)
    axes.plot(across, hits / across, color=COLOURS[CHALLENGER], linewidth=1.6)
    _logarithmic(axes)
    titled(axes, "Precision of the k highest scores", "k (logarithmic)", "share of anomalies")
    axes.set_ylim(0, 1.01)


def _shape(labelled: ScoredRows) -> Any:
    """The curves, which do not depend on the scores' scale; calibration needs scores from 0 to 1."""
    ranks = np.unique(labelled.scores, return_inverse=True)[1].astype(np.float64)
    return curves(ScoredRows(labels=labelled.labels, scores=ranks / max(float(ranks.max()), 1.0)))


def _cumulated(axes: Axes, scored: ScoredRows) -> None:
    curve = explained_curve(scored)
    axes.plot(np.arange(1, len(curve) + 1), curve, color=COLOURS[CHALLENGER], marker="o")
    titled(axes, "Variance explained by the first numbers", "numbers of the vector", "share of variance")
    axes.set_ylim(0, 1.01)


def _scree(axes: Axes, scored: ScoredRows) -> None:
    curve = explained_curve(scored)
    axes.bar(np.arange(1, len(curve) + 1), np.diff(curve, prepend=0.0), color=_USUAL)
    titled(axes, "Variance that each number adds", "number of the vector", "share of variance")


def _features(axes: Axes, scored: ScoredRows) -> None:
    shares = explained_by_feature(scored)
    order = np.argsort(shares, kind="stable")[:MAX_FEATURES]
    axes.barh([f"{place + 1}" for place in order], shares[order], color=_USUAL)
    titled(axes, "Features explained the least", "share of its variance", "number of the feature")
    axes.set_xlim(0, 1.01)


def _vectors(axes: Axes, scored: ScoredRows) -> None:
    vectors = cast("Floats", scored.answers)
    title = "The first two numbers"
    if vectors.shape[1] < 2:
        _nothing(axes, title, "The vectors have one number.")
        return
    _two_numbers(axes, vectors, np.zeros(len(vectors)), title, "first number", "second number")


def _lengths(axes: Axes, scored: ScoredRows) -> None:
    lengths = np.sqrt((cast("Floats", scored.answers) ** 2).sum(axis=1))
    edges = spread_edges(lengths, 51)
    axes.stairs(np.histogram(lengths, edges)[0] / len(lengths), edges, fill=True, color=_USUAL)
    titled(axes, "Lengths of the vectors", "length", "share of rows")


def _logarithmic(axes: Axes) -> None:
    """Scale an axis of ranks, with plain numbers: matplotlib's powers are formulas."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")


def _nothing(axes: Axes, title: str, why: str) -> None:
    titled(axes, title, "", "")
    axes.text(0.5, 0.5, why, ha="center", fontsize=9.5, color=SOFT, transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])


_CHARTS: Mapping[str, tuple[Callable[[Axes, ScoredRows], None], ...]] = {
    "cluster": (_sizes, _widths, _clusters, _distances, _means),
    "anomaly": (
        _scores,
        _highest,
        _with_labels("ROC", _roc),
        _with_labels("Precision and recall", _precision_recall),
        _with_labels("Precision of the k highest scores", _precision_at),
    ),
    "embedding": (_cumulated, _scree, _features, _vectors, _lengths),
}
