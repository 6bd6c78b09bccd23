import numpy as np
import pytest

from jobs.forecasts.chart_data import ChartData
from jobs.gate import CHALLENGER, CHAMPION
from jobs.metrics.rows import ScoredRows
from jobs.pages.axes import Figure, FigureCanvasAgg
from jobs.pages.evaluation_forecast import draw_forecast

pytestmark = pytest.mark.slow

START = np.datetime64("2024-01-01")


def rows(series: int, levels: tuple[str, ...]) -> tuple[ScoredRows, ChartData]:
    """Two origins of two steps for each series; each series is worse than the one before."""
    steps = np.tile([1, 2], 2 * series)
    origins = np.tile(np.repeat([0, 2], 2), series)
    groups = np.repeat(np.arange(series), 4)
    labels = np.arange(len(steps), dtype=np.float64)
    scores = labels + groups
    distances = np.array([float(level) - 0.5 for level in levels])
    scored = ScoredRows(
        labels=labels,
        scores=scores,
        task="forecast",
        answers=scores[:, None] + distances,
        names=levels,
        groups=groups,
        scale=np.ones(len(labels)),
        naive=labels - 1,
    )
    names = np.array([f"$s{group}$" for group in groups])
    past = START - np.arange(3, 0, -1)
    chart_data = ChartData(
        entities=names,
        times=START + origins + steps,
        origins=START + origins,
        steps=steps,
        history={name: (past, np.ones(3)) for name in dict.fromkeys(names)},
    )
    return scored, chart_data


def drawn(series: int, levels: tuple[str, ...], *, champion: bool = False) -> list[str]:
    figure = Figure(figsize=(14, 9))
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 3)
    scored, chart_data = rows(series, levels)
    models = {CHALLENGER: scored, **({CHAMPION: scored} if champion else {})}
    draw_forecast(grid, models, chart_data)
    return [axes.get_title(loc="left") for axes in grid.flat]


def test_the_best_the_middle_and_the_worst_series_are_drawn() -> None:
    titles = drawn(5, ("0.1", "0.5", "0.9"), champion=True)
    assert titles[:3] == ["$s0$ (smallest error)", "$s2$ (median error)", "$s4$ (largest error)"]
    assert titles[3:5] == ["Mean absolute error by step", "Coverage of the interval by step"]


def test_a_single_series_with_a_single_level_is_drawn_too() -> None:
    assert drawn(1, ("0.5",))[:2] == ["$s0$", ""]
