"""Draws the evaluation report, one page: curves, calibration, scores, metrics and the gate's verdict."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jobs.forecasts.chart_data import ChartData
from jobs.gate import CHALLENGER, CHAMPION, Check
from jobs.metrics.bootstrap import Bootstrap
from jobs.metrics.curves import Curves, curves
from jobs.metrics.rows import Floats, ScoredRows
from jobs.pages.axes import COLOURS, INK, SOFT, Axes, Figure, FigureCanvasAgg, plain, titled
from jobs.pages.evaluation_classes import draw_classes
from jobs.pages.evaluation_forecast import draw_forecast
from jobs.pages.evaluation_groups import draw_groups
from jobs.pages.evaluation_unlabelled import draw_unlabelled
from jobs.pages.formats import metric_name
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.tasks import BY_CLASS, arrow

_POSITIVE, _NEGATIVE = "#c8553d", "#7a9cc0"
_PASSED, _FAILED = "#2e7d4f", "#b3392b"
_LABELS = {
    "expected_calibration_error": "calibration error",
    "smallest_cluster_share": "smallest cluster",
    "explained_variance": "variance expl.",
}
_DPI = 130
_NUMBERS = ("regression", "forecast")
_MAX_POINTS = 4000


def draw(
    plan: Plan,
    models: Mapping[str, ScoredRows],
    metrics: Mapping[str, Mapping[str, float]],
    bootstrap: Bootstrap,
    checks: Sequence[Check],
    path: Path,
    chart_data: ChartData | None = None,
) -> None:
    """Draw the page as a PNG.

    Args:
        chart_data: of a forecast, its series.
    """
    figure = Figure(figsize=(14, 9), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 3)
    figure.subplots_adjust(left=0.055, right=0.975, top=0.815, bottom=0.07, wspace=0.24, hspace=0.34)
    for axes in grid.flat:
        plain(axes)
    _headline(figure, plan, models[CHALLENGER], bootstrap, checks)
    if plan.dataset.task == "binary":
        drawn = {name: curves(scored) for name, scored in models.items()}
        _roc(grid[0][0], drawn, metrics)
        _precision_recall(grid[0][1], drawn, metrics, models[CHALLENGER])
        _calibration(grid[0][2], drawn)
        _score_histogram(grid[1][0], models[CHALLENGER])
        _confusion(grid[1][1], drawn[CHALLENGER], models[CHALLENGER].threshold)
    elif chart_data is not None:
        draw_forecast(grid, models, chart_data)
    elif plan.dataset.task == "multiclass":
        draw_classes(grid, models[CHALLENGER])
    elif plan.dataset.task == "ranking":
        draw_groups(grid, models)
    elif plan.dataset.task in ("cluster", "anomaly", "embedding"):
        draw_unlabelled(grid, models)
    else:
        _predicted_against_actual(grid[0][0], models[CHALLENGER])
        _residuals(grid[0][1], models)
        _residuals_by_score(grid[0][2], models[CHALLENGER])
        _distributions(grid[1][0], models[CHALLENGER])
        _error_by_decile(grid[1][1], models)
    _metric_table(grid[1][2], plan.dataset.task, metrics, bootstrap)
    figure.savefig(path, metadata={"Software": None})


def _headline(
    figure: Figure, plan: Plan, scored: ScoredRows, bootstrap: Bootstrap, checks: Sequence[Check]
) -> None:
    passed = all(check.passed for check in checks)
    verdict = "PASSED THE GATE" if passed else "REFUSED BY THE GATE"
    if not checks:
        verdict = "NO GATE SET"
    figure.text(0.055, 0.952, f"{plan.model}", fontsize=18, fontweight="bold", color=INK)
    share = f", {scored.labels.mean():.1%} positive" if scored.task == "binary" else ""
    share += f", {len(scored.names)} classes" if scored.task == "multiclass" else ""
    rows = f"holdout of {len(scored):,} rows{share}"
    facts = f"run {plan.run}  ·  {rows}  ·  data {plan.data_version[:12]}"
    figure.text(0.055, 0.925, facts, fontsize=10, color=SOFT)
    figure.text(
        0.975,
        0.952,
        verdict,
        fontsize=13,
        fontweight="bold",
        ha="right",
        color="white",
        bbox={"boxstyle": "round,pad=0.45", "fc": _PASSED if passed else _FAILED, "ec": "none"},
    )
    # Failed checks first, then the comparison with the champion: there is room for three.
    shown = sorted(checks, key=lambda check: (check.passed, check.kind != "better_than_champion"))[:3]
    for number, check in enumerate(shown):
        mark, colour = ("✓", _PASSED) if check.passed else ("✗", _FAILED)
        figure.text(0.055, 0.901 - 0.021 * number, f"{mark} {check.sentence}", fontsize=9.5, color=colour)


def _roc(axes: Axes, drawn: Mapping[str, Curves], metrics: Mapping[str, Mapping[str, float]]) -> None:
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for name, curve in drawn.items():
        label = f"{name}, AUC {metrics[name]['auc']:.3f}"
        axes.plot(*curve.roc, color=COLOURS[name], linewidth=2, label=label)
    titled(axes, "ROC", "false positive rate", "true positive rate")
    axes.legend(loc="lower right", fontsize=9, frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))


def _precision_recall(
    axes: Axes, drawn: Mapping[str, Curves], metrics: Mapping[str, Mapping[str, float]], scored: ScoredRows
) -> None:
    share = float(scored.labels.mean())
    axes.axhline(share, color="#bbbbbb", linewidth=1, linestyle=":")
    axes.text(0.01, share - 0.012, f"by chance {share:.2f}", fontsize=8, color=SOFT, va="top")
    for name, curve in drawn.items():
        label = f"{name}, area {metrics[name]['pr_auc']:.3f}"
        axes.plot(*curve.precision_recall, color=COLOURS[name], linewidth=2, label=label)
    titled(axes, "Precision and recall", "recall", "precision")
    axes.legend(loc="upper right", fontsize=9, frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))


def _calibration(axes: Axes, drawn: Mapping[str, Curves]) -> None:
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for name, curve in drawn.items():
        expected, happened, size = curve.calibration
        axes.plot(expected, happened, color=COLOURS[name], linewidth=1.5, label=name)
        axes.scatter(expected, happened, s=20 + 180 * size / size.sum(), color=COLOURS[name], zorder=3)
    titled(axes, "Calibration (dot area: rows)", "mean score", "share that was positive")
    axes.legend(loc="upper left", fontsize=9, frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))


def _score_histogram(axes: Axes, scored: ScoredRows) -> None:
    edges = np.linspace(0, 1, 51)
    for positive, colour, name in ((False, _NEGATIVE, "negative"), (True, _POSITIVE, "positive")):
        chosen = scored.scores[(scored.labels == 1) == positive]
        heights = np.histogram(chosen, edges)[0] / max(len(chosen), 1)
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.55, label=f"{name} ({len(chosen):,})")
    axes.axvline(scored.threshold, color=INK, linewidth=1, linestyle="--")
    top = axes.get_ylim()[1]
    axes.text(scored.threshold + 0.01, top * 0.97, f"threshold {scored.threshold:g}", fontsize=8, va="top")
    titled(axes, "Scores by true class", "score", "share of the class's rows")
    axes.legend(loc="upper right", fontsize=9, frameon=False, bbox_to_anchor=(1, 0.9))
    axes.set_xlim(0, 1)


def _confusion(axes: Axes, curve: Curves, threshold: float) -> None:
    counts = curve.confusion
    table = np.array(
        [
            [counts["true_negative"], counts["false_positive"]],
            [counts["false_negative"], counts["true_positive"]],
        ]
    )
    names = ("negative", "positive")
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.25, aspect="auto")
    for row in (0, 1):
        for column in (0, 1):
            ink = "white" if shares[row, column] > 0.65 else INK
            of = f"{shares[row, column]:.1%} of {names[row]}s"
            text = f"{table[row, column]:,}\n{of}"
            axes.text(column, row, text, ha="center", va="center", fontsize=10.5, color=ink)
    titled(axes, f"Confusion at threshold {threshold:g}", "predicted", "actual")
    axes.set_xticks([0, 1], names)
    axes.set_yticks([0, 1], names, rotation=90, va="center")
    axes.grid(False)
    axes.tick_params(length=0)


def _metric_table(
    axes: Axes, task: str, metrics: Mapping[str, Mapping[str, float]], bootstrap: Bootstrap
) -> None:
    """Write the metrics and the champion's as a table; as bars they would need up to nine scales."""
    axes.set_axis_off()
    axes.set_title("Metrics", loc="left", fontsize=11, fontweight="bold", color=INK)
    with_champion = CHAMPION in metrics
    interval = f"{bootstrap.confidence:.0%} interval"
    columns = [(0.0, "left", ""), (0.51, "right", "value"), (0.79, "right", interval)]
    if with_champion:
        columns.append((1.0, "right", "champion"))
    # Metrics of single classes are drawn beside, and there may be hundreds.
    names = [name for name in metrics[CHALLENGER] if BY_CLASS not in name]
    step = 1.0 / (len(names) + 2)
    for across, side, text in columns:
        axes.text(across, 1 - step * 0.5, text, ha=side, fontsize=9, color=SOFT, transform=axes.transAxes)
    for number, name in enumerate(names, start=1):
        own = metrics[CHALLENGER][name]
        low, high = bootstrap.interval(CHALLENGER, name)
        cells: list[Any] = [
            f"{_LABELS.get(name, metric_name(name))} {arrow(name)}",
            f"{own:.4g}" if task in _NUMBERS else f"{own:.4f}",
            f"{low:.4g} – {high:.4g}" if task in _NUMBERS else f"{low:.3f} – {high:.3f}",
        ]
        if with_champion:
            champion = metrics[CHAMPION][name]
            cells.append(f"{champion:.4g}" if task in _NUMBERS else f"{champion:.4f}")
        up = 1 - step * (number + 0.5)
        axes.plot([0, 1], [up + step * 0.62] * 2, color="#e8e8e8", linewidth=0.7, transform=axes.transAxes)
        for (across, side, _), cell in zip(columns, cells, strict=True):
            weight = "bold" if across == 0.51 else "normal"
            axes.text(
                across,
                up,
                cell,
                ha=side,
                fontsize=9.5,
                color=INK,
                fontweight=weight,
                transform=axes.transAxes,
            )
    note = f"↑ higher is better, ↓ lower is better; {bootstrap.resamples} bootstrap resamples"
    axes.text(0, step * 0.2, note, fontsize=8, color=SOFT, transform=axes.transAxes)


def _thinned(scored: ScoredRows) -> np.ndarray[Any, np.dtype[np.intp]]:
    return np.linspace(0, len(scored.labels) - 1, min(_MAX_POINTS, len(scored.labels))).astype(np.intp)


def _dots(axes: Axes, across: Floats, up: Floats) -> None:
    axes.scatter(across, up, s=5, alpha=0.35, color=COLOURS[CHALLENGER], linewidths=0)


def _edges(values: Floats, number: int) -> Floats:
    """Histogram edges over nearly all values; outliers would put all other values into one bar."""
    low, high = np.quantile(values, [0.002, 0.998])
    return np.linspace(float(low), float(high) if high > low else float(low) + 1, number)


def _predicted_against_actual(axes: Axes, scored: ScoredRows) -> None:
    kept = _thinned(scored)
    _dots(axes, scored.scores[kept], scored.labels[kept])
    both = np.r_[scored.scores, scored.labels]
    low, high = np.quantile(both, [0.001, 0.999])
    axes.plot([low, high], [low, high], color=INK, linewidth=1, linestyle=":")
    titled(axes, "Actual against predicted", "predicted", "actual")


def _residuals(axes: Axes, models: Mapping[str, ScoredRows]) -> None:
    own = models[CHALLENGER].scores - models[CHALLENGER].labels
    edges = _edges(own, 61)
    for name, scored in models.items():
        heights = np.histogram(scored.scores - scored.labels, edges)[0] / len(scored.labels)
        axes.stairs(heights, edges, fill=name == CHALLENGER, alpha=0.7, color=COLOURS[name], label=name)
    axes.axvline(0, color=INK, linewidth=1, linestyle=":")
    titled(axes, "Errors", "predicted minus actual", "share of rows")
    axes.legend(loc="upper right", fontsize=9, frameon=False)


def _residuals_by_score(axes: Axes, scored: ScoredRows) -> None:
    kept = _thinned(scored)
    errors = scored.scores - scored.labels
    _dots(axes, scored.scores[kept], errors[kept])
    axes.axhline(0, color=INK, linewidth=1, linestyle=":")
    titled(axes, "Errors along the prediction", "predicted", "predicted minus actual")


def _distributions(axes: Axes, scored: ScoredRows) -> None:
    edges = _edges(np.r_[scored.labels, scored.scores], 51)
    for values, colour, name in (
        (scored.labels, _NEGATIVE, "actual"),
        (scored.scores, COLOURS[CHALLENGER], "predicted"),
    ):
        heights = np.histogram(values, edges)[0] / len(values)
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.5, label=name)
    titled(axes, "Distributions", "value", "share of rows")
    axes.legend(loc="upper right", fontsize=9, frameon=False)


def _error_by_decile(axes: Axes, models: Mapping[str, ScoredRows]) -> None:
    for name, scored in models.items():
        groups = np.array_split(np.argsort(scored.labels, kind="stable"), 10)
        missed = np.abs(scored.scores - scored.labels)
        errors = [missed[group].mean() for group in groups if len(group)]
        tenths = np.arange(1, len(errors) + 1)
        axes.plot(tenths, errors, color=COLOURS[name], marker="o", label=name)
    titled(axes, "Mean absolute error along the actual value", "tenth of the rows, by actual value", "error")
    axes.legend(loc="upper left", fontsize=9, frameon=False)
