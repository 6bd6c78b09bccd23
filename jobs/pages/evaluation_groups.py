"""The charts of a ranking: NDCG by position and by group, relevance along the ranks, scores by relevance."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from jobs.gate import CHALLENGER
from jobs.metrics.ranking import by_group, ndcg_curve, relevance_by_rank
from jobs.metrics.rows import Floats, ScoredRows
from jobs.pages.axes import COLOURS, INK, SOFT, Axes, colour, titled

POSITIONS = 20
_MAX_GRADES = 8


def draw_groups(grid: Any, models: Mapping[str, ScoredRows]) -> None:
    """Draw the charts into all places of the grid but the last, which the table of metrics has."""
    scored = models[CHALLENGER]
    largest = int(np.bincount(cast("Any", scored.groups)).max())
    positions = min(POSITIONS, largest)
    _ndcg(grid[0][0], models, positions)
    _relevance(grid[0][1], models, positions)
    _by_group(grid[0][2], models)
    _scores(grid[1][0], scored)
    _sizes(grid[1][1], scored)


def _ndcg(axes: Axes, models: Mapping[str, ScoredRows], positions: int) -> None:
    across = np.arange(1, positions + 1)
    random = ScoredRows(
        labels=models[CHALLENGER].labels,
        scores=np.zeros(len(models[CHALLENGER])),
        task="ranking",
        groups=models[CHALLENGER].groups,
    )
    axes.plot(across, ndcg_curve(random, positions), color=SOFT, linestyle=":", label="a random order")
    for name, scored in models.items():
        axes.plot(across, ndcg_curve(scored, positions), color=COLOURS[name], marker="o", label=name)
    titled(axes, "NDCG of the first k rows", "k", "NDCG@k")
    axes.legend(loc="lower right", fontsize=9, frameon=False)
    axes.set_ylim(top=1.01)


def _relevance(axes: Axes, models: Mapping[str, ScoredRows], positions: int) -> None:
    across = np.arange(1, positions + 1)
    for name, scored in models.items():
        axes.plot(across, relevance_by_rank(scored, positions), color=COLOURS[name], marker="o", label=name)
    titled(axes, "Mean relevance along the ranks", "rank", "mean relevance")
    axes.legend(loc="upper right", fontsize=9, frameon=False)


def _by_group(axes: Axes, models: Mapping[str, ScoredRows]) -> None:
    edges = np.linspace(0, 1, 26)
    for name, scored in models.items():
        values = by_group(scored)["ndcg@10"]
        values = values[~np.isnan(values)]
        heights = np.histogram(values, edges)[0] / max(len(values), 1)
        axes.stairs(heights, edges, fill=name == CHALLENGER, alpha=0.7, color=COLOURS[name], label=name)
    titled(axes, "NDCG@10 of single groups", "NDCG@10", "share of groups")
    axes.legend(loc="upper left", fontsize=9, frameon=False)


def _scores(axes: Axes, scored: ScoredRows) -> None:
    """The distribution of the score of each relevance."""
    edges = spread_edges(scored.scores, 41)
    grades = np.unique(scored.labels)
    for place, grade in enumerate(grades[:_MAX_GRADES]):
        chosen = scored.scores[scored.labels == grade]
        heights = np.histogram(chosen, edges)[0] / len(chosen)
        axes.stairs(heights, edges, color=colour(place), linewidth=1.6, label=f"{grade:g} ({len(chosen):,})")
    titled(axes, "Scores by relevance (rows)", "score", "share of the relevance's rows")
    axes.legend(loc="upper right", fontsize=8.5, frameon=False)


def _sizes(axes: Axes, scored: ScoredRows) -> None:
    sizes = np.bincount(cast("Any", scored.groups))
    edges = np.unique(np.linspace(0.5, sizes.max() + 0.5, 31).round() + 0.5)
    heights = np.histogram(sizes, edges)[0]
    axes.stairs(heights, edges, fill=True, color=COLOURS[CHALLENGER], alpha=0.7)
    titled(axes, "Sizes of groups", "rows of a group", "groups")
    note = f"{len(sizes):,} groups, {sizes.mean():.1f} rows on average"
    axes.text(0.98, 0.95, note, ha="right", fontsize=8.5, color=INK, transform=axes.transAxes)


def spread_edges(values: Floats, number: int) -> Floats:
    """Histogram edges over nearly all values; outliers would put all other values into one bar."""
    low, high = (float(edge) for edge in np.quantile(values, [0.002, 0.998]))
    return np.linspace(low, high if high > low else low + 1, number)
