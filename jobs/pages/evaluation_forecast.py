"""The charts of a forecast: three series with forecast and label, and errors step by step."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from jobs.forecasts.chart_data import ChartData
from jobs.gate import CHALLENGER
from jobs.metrics.forecast import nominal_coverage
from jobs.metrics.rows import Floats, ScoredRows
from jobs.pages.axes import COLOURS, INK, SOFT, Axes, titled

_NAIVE = "seasonal naive"
_PLACES = ("smallest error", "median error", "largest error")


def draw_forecast(grid: Any, models: Mapping[str, ScoredRows], chart_data: ChartData) -> None:
    """Draw the charts into all places of the grid but the last, which the table of metrics has."""
    scored = models[CHALLENGER]
    for axes, (place, name) in zip(grid[0], _chosen(scored, chart_data), strict=False):
        _series(axes, scored, chart_data, name, place)
    _errors_by_step(grid[1][0], models, chart_data)
    _coverage_by_step(grid[1][1], models, chart_data)


def _chosen(scored: ScoredRows, chart_data: ChartData) -> list[tuple[str, str]]:
    """The series with the smallest, the median and the largest error, in their own scale."""
    names = [name for name in np.unique(chart_data.entities) if name in chart_data.history]
    error = np.abs(scored.scores - scored.labels) / np.maximum(cast("Floats", scored.scale), 1e-12)
    ordered = sorted(names, key=lambda name: float(np.mean(error[chart_data.entities == name])))
    if len(ordered) < len(_PLACES):
        return [("", str(name)) for name in ordered]
    chosen = (ordered[0], ordered[len(ordered) // 2], ordered[-1])
    return [(place, str(name)) for place, name in zip(_PLACES, chosen, strict=True)]


def _series(axes: Axes, scored: ScoredRows, chart_data: ChartData, name: str, place: str) -> None:
    times, values = chart_data.history[name]
    rows = np.flatnonzero(chart_data.entities == name)
    rows = rows[np.argsort(chart_data.times[rows], kind="stable")]
    across, answers = chart_data.times[rows], cast("Floats", scored.answers)[rows]
    axes.plot(times, values, color=SOFT, linewidth=1.2)
    for origin in np.unique(chart_data.origins[rows]):
        own = chart_data.origins[rows] == origin
        axes.fill_between(
            across[own], answers[own, 0], answers[own, -1], color=COLOURS[CHALLENGER], alpha=0.18, linewidth=0
        )
        axes.plot(across[own], scored.scores[rows][own], color=COLOURS[CHALLENGER], linewidth=1.6)
    axes.plot(across, scored.labels[rows], color=INK, linewidth=1.2)
    levels = f"{scored.names[0]} to {scored.names[-1]}" if len(scored.names) > 1 else "the median"
    shown = name if len(name) <= 40 else f"{name[:39]}…"
    titled(axes, f"{shown}{f' ({place})' if place else ''}", f"black: what came; band: {levels}", "value")
    axes.tick_params(axis="x", labelrotation=20)


def _errors_by_step(axes: Axes, models: Mapping[str, ScoredRows], chart_data: ChartData) -> None:
    steps = np.unique(chart_data.steps)
    scored = models[CHALLENGER]
    errors = {name: np.abs(each.scores - each.labels) for name, each in models.items()}
    if scored.naive is not None:
        errors[_NAIVE] = np.abs(scored.naive - scored.labels)
    for name, error in errors.items():
        means = [error[chart_data.steps == step].mean() for step in steps]
        style: dict[str, Any] = {"linestyle": ":"} if name == _NAIVE else {"marker": "o"}
        axes.plot(steps, means, color=COLOURS.get(name, SOFT), label=name, **style)
    titled(axes, "Mean absolute error by step", "steps ahead", "error")
    axes.legend(loc="upper left", fontsize=9, frameon=False)
    axes.set_ylim(bottom=0)


def _coverage_by_step(axes: Axes, models: Mapping[str, ScoredRows], chart_data: ChartData) -> None:
    steps = np.unique(chart_data.steps)
    for name, scored in models.items():
        answers = cast("Floats", scored.answers)
        inside = (scored.labels >= answers[:, 0]) & (scored.labels <= answers[:, -1])
        shares = [inside[chart_data.steps == step].mean() for step in steps]
        axes.plot(steps, shares, color=COLOURS[name], marker="o", label=name)
    promised = nominal_coverage(models[CHALLENGER].names)
    if not np.isnan(promised):
        axes.axhline(promised, color=INK, linewidth=1, linestyle=":")
        axes.text(steps[0], promised, f"promised {promised:.0%}", fontsize=8, color=SOFT, va="bottom")
    titled(axes, "Coverage of the interval by step", "steps ahead", "share of values inside")
    axes.legend(loc="lower left", fontsize=9, frameon=False)
    axes.set_ylim(0, 1.02)
