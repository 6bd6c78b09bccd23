"""The charts of a multiclass model: confusion, curves and calibration by class, precision and recall."""

from typing import Any

import numpy as np

from jobs.metrics.curves import curves
from jobs.metrics.multiclass import confusion, one_against_rest, predicted_classes
from jobs.metrics.rows import Floats, ScoredRows
from jobs.pages.axes import INK, SOFT, Axes, colour, titled

MAX_CURVES = 8
"""The most classes with a curve of their own: those with the most rows."""

MAX_CELLS = 12
"""The most classes whose counts are written into the confusion matrix."""

_RIGHT, _WRONG = "#7a9cc0", "#c8553d"
_NAME, _BRIEF, _FEW = 14, 8, 4


def draw_classes(grid: Any, scored: ScoredRows) -> None:
    """Draw the charts into all places of the grid but the last, which the table of metrics has."""
    matrix = confusion(scored, np.ones(len(scored)))
    order = np.argsort(-matrix.sum(axis=1), kind="stable")
    shown = [int(number) for number in order[:MAX_CURVES] if 0 < matrix[number].sum() < len(scored)]
    _confusion(grid[0][0], scored, matrix)
    _roc(grid[0][1], scored, shown)
    _calibration(grid[0][2], scored, shown)
    _rates(grid[1][0], scored, matrix, order)
    _confidence(grid[1][1], scored)


def _confusion(axes: Axes, scored: ScoredRows, matrix: Floats) -> None:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.25, aspect="auto")
    classes = len(scored.names)
    if classes <= MAX_CELLS:
        for (row, column), count in np.ndenumerate(matrix):
            ink = "white" if shares[row, column] > 0.65 else INK
            axes.text(column, row, f"{count:,.0f}", ha="center", va="center", fontsize=9.5, color=ink)
    titled(axes, "Confusion (rows by class)", "predicted", "actual")
    places = np.unique(np.linspace(0, classes - 1, min(classes, MAX_CELLS)).astype(np.intp))
    few = classes <= _FEW
    names = [_short(scored.names[place], _NAME if few else _BRIEF) for place in places]
    axes.set_xticks(places, names, rotation=0 if few else 30, ha="center" if few else "right")
    # Beside the axis there is little room.
    axes.set_yticks(places, names, rotation=90 if few else 0, va="center")
    axes.grid(False)
    axes.tick_params(length=0)


def _roc(axes: Axes, scored: ScoredRows, shown: list[int]) -> None:
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for place, number in enumerate(shown):
        curve = curves(one_against_rest(scored, number))
        axes.plot(*curve.roc, color=colour(place), linewidth=1.6, label=_short(scored.names[number]))
    titled(axes, "ROC of each class against the rest", "false positive rate", "true positive rate")
    if shown:
        axes.legend(loc="lower right", fontsize=8.5, frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))


def _calibration(axes: Axes, scored: ScoredRows, shown: list[int]) -> None:
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for place, number in enumerate(shown):
        expected, happened, size = curves(one_against_rest(scored, number)).calibration
        ink = colour(place)
        axes.plot(expected, happened, color=ink, linewidth=1.3, label=_short(scored.names[number]))
        axes.scatter(expected, happened, s=10 + 120 * size / size.sum(), color=ink, zorder=3)
    titled(axes, "Calibration by class (dot area: rows)", "mean probability", "share of the class")
    if shown:
        axes.legend(loc="upper left", fontsize=8.5, frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))


def _rates(axes: Axes, scored: ScoredRows, matrix: Floats, order: Any) -> None:
    """Precision and recall of the classes with the most rows."""
    kept = order[:MAX_CELLS]
    hits, actual, predicted = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    up = np.arange(len(kept))
    for offset, whole, ink, name in (
        (-0.2, actual, _RIGHT, "recall"),
        (0.2, predicted, _WRONG, "precision"),
    ):
        rates = hits[kept] / np.maximum(whole[kept], 1)
        axes.barh(up + offset, rates, height=0.36, color=ink, alpha=0.75, label=name)
    for place, number in enumerate(kept):
        text = f"{_short(scored.names[number])} ({actual[number]:,.0f})"
        axes.text(0.01, place - 0.2, text, fontsize=8.5, va="center", color=INK)
    axes.set_yticks([])
    axes.invert_yaxis()
    titled(axes, "Precision and recall by class (rows)", "share", "")
    axes.legend(loc="upper right", fontsize=8.5, frameon=False)
    axes.set_xlim(0, 1.25)
    axes.set_xticks(np.linspace(0, 1, 6))


def _confidence(axes: Axes, scored: ScoredRows) -> None:
    assert scored.answers is not None
    right = predicted_classes(scored.answers) == scored.labels
    edges = np.linspace(0, 1, 41)
    for chosen, ink, name in ((right, _RIGHT, "right"), (~right, _WRONG, "wrong")):
        heights = np.histogram(scored.scores[chosen], edges)[0] / len(scored)
        axes.stairs(heights, edges, fill=True, color=ink, alpha=0.6, label=f"{name} ({chosen.sum():,})")
    titled(axes, "Highest probability, of right and wrong answers", "highest probability", "share of rows")
    axes.legend(loc="upper left", fontsize=8.5, frameon=False, labelcolor=SOFT)
    axes.set_xlim(0, 1)


def _short(name: str, characters: int = _NAME) -> str:
    return name if len(name) <= characters else f"{name[: characters - 1]}…"
