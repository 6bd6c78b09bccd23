"""A plot of the year: the AUC of each month's answers, with retraining and without."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from examples.flight_lifecycle.flights import month_name
from examples.flight_lifecycle.living import Interval, Month

WITH, WITHOUT, QUIET = "#0b6e4f", "#b23a48", "#6b7280"


def draw(months: Sequence[Month], without: Mapping[int, Interval], path: Path) -> None:
    """Plot the AUC of each month's answers beside that of the first version on the same flights.

    Args:
        months: the months' results.
        without: the AUC of the first version, by month.
        path: file to write; it ends in `.png` or `.svg`.
    """
    figure, axes = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
    places = range(len(months))
    for label, colour, intervals, shift in (
        ("retrained by itself", WITH, [month.auc for month in months], 0.06),
        ("the first model, never retrained", WITHOUT, [without[month.month] for month in months], -0.06),
    ):
        axes.errorbar(
            [place + shift for place in places],
            [interval.value for interval in intervals],
            yerr=[
                [interval.value - interval.low for interval in intervals],
                [interval.high - interval.value for interval in intervals],
            ],
            marker="o", capsize=3, linewidth=2, color=colour, label=label,
        )  # fmt: skip
    for place, month in zip(places, months, strict=True):
        axes.annotate(
            f"v{month.version}", (place + 0.06, month.auc.high), textcoords="offset points", xytext=(0, 5),
            ha="center", fontsize=8, color=QUIET,
        )  # fmt: skip
    axes.set_xticks(list(places), [month_name(month.month)[:3] for month in months])
    axes.set_ylabel("AUC of the month's answers")
    axes.set_title(
        "Flights from New York, 2013: trained until April, then kept alive", loc="left", fontsize=11
    )
    axes.grid(axis="y", color="#e5e7eb")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
