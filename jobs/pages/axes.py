"""What all charts of an evaluation have in common: matplotlib as it is set up, colours, titles, grid."""

import os

from jobs.bootstrap import private_cache
from jobs.gate import CHALLENGER, CHAMPION

# Matplotlib caches its list of fonts in the home directory, which may not be writable in a container.
os.environ.setdefault("MPLCONFIGDIR", str(private_cache() / "matplotlib"))

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# A name such as "$x$" is not a formula.
matplotlib.rcParams["text.parse_math"] = False

__all__ = ["COLOURS", "INK", "SOFT", "Axes", "Figure", "FigureCanvasAgg", "colour", "plain", "titled"]

COLOURS = {CHALLENGER: "#1f5fa8", CHAMPION: "#9a9a9a"}
INK, SOFT = "#222222", "#777777"


def plain(axes: Axes) -> None:
    """Leave out the frame on top and on the right, and draw a light grid."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8.5, colors=SOFT)
    axes.grid(True, color="#e8e8e8", linewidth=0.7)
    axes.set_axisbelow(True)


def titled(axes: Axes, title: str, across: str, up: str) -> None:
    """Name the chart and its axes."""
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.set_xlabel(across, fontsize=9, color=INK)
    axes.set_ylabel(up, fontsize=9, color=INK)


def colour(place: int) -> str:
    """The colour of the curve at that place."""
    return str(matplotlib.colors.to_hex(matplotlib.colormaps["tab10"](place)))
