"""Small SVG charts for the reports. The page's CSS sets their colours, so that they fit dark mode too."""

import math
from collections.abc import Sequence

from jobs.evaluation.calibration import ReliabilityBin
from jobs.monitoring.segments import Segment
from jobs.pages.formats import number
from jobs.pages.shapes import WIDTH, Picture, Shape
from jobs.pages.shapes import cut as _cut
from jobs.pages.shapes import line as _line
from jobs.pages.shapes import rect as _rect
from jobs.pages.shapes import text as _text
from jobs.statistics.window import Compared

_MAX_CATEGORIES = 7
_LABEL_WIDTH = 118


def histogram(column: Compared) -> Picture | None:
    """Shares of rows of baseline (outline) and window (filled) by bucket; None when either has no rows.

    Buckets of numbers are the baseline's deciles, drawn with equal width, with values out of its range at the
    sides. Categories are the most frequent ones of both, and one bar for all others.
    """
    if not column.cells or not all(column.present):
        return None
    shares = [(first / column.present[0], second / column.present[1]) for first, second in column.cells]
    return _buckets(column, shares) if column.kind == "numbers" else _categories(column, shares)


def _buckets(column: Compared, shares: Sequence[tuple[float, float]]) -> Picture:
    height, foot = 70, 16
    top = max(max(pair) for pair in shares) or 1.0
    step = WIDTH / len(shares)
    bars, outline = [], []
    for place, (before, now) in enumerate(shares):
        x, tall = place * step, height * now / top
        outside = place in (0, len(shares) - 1)
        bars.append(_rect(x + 1, height - tall, step - 2, tall, "out" if outside else "now"))
        y = height - height * before / top
        outline.append(f"{x:.1f},{y:.1f} {x + step:.1f},{y:.1f}")
    line = Shape(tag="polyline", attributes={"class": "was", "points": " ".join(outline)})
    inner = column.edges[1:-1]
    ends = [
        _text(step, height + 12, _short(inner[0]), "middle" if column.cells[0][1] else "start"),
        _text(WIDTH - step, height + 12, _short(inner[-1]), "middle" if column.cells[-1][1] else "end"),
    ]
    if len(inner) > 2:
        ends.append(_text(WIDTH / 2, height + 12, _short(inner[len(inner) // 2]), "middle"))
    about = f"Shares of rows by value of {column.name}: training data and this window"
    return Picture(height=height + foot, shapes=(*bars, line, *ends), about=about)


def _categories(column: Compared, shares: Sequence[tuple[float, float]]) -> Picture:
    names = [*column.values, *(f"{name} (new)" for name in column.new)]
    named = sorted(zip(names, shares, strict=False), key=lambda item: -max(item[1]))
    shown = named[:_MAX_CATEGORIES]
    left = [pair for _, pair in named[_MAX_CATEGORIES:]] + [shares[-1]]
    others = (sum(first for first, _ in left), sum(second for _, second in left))
    if any(others):
        shown.append(("all others", others))
    top = max(max(pair) for _, pair in shown) or 1.0
    line, drawn = 22, []
    room = WIDTH - _LABEL_WIDTH - 44
    for place, (name, (before, now)) in enumerate(shown):
        y = place * line
        drawn.append(_text(0, y + 13, _cut(name, 17), "start"))
        drawn.append(_rect(_LABEL_WIDTH, y + 3, room * now / top, 13, "now"))
        drawn.append(_rect(_LABEL_WIDTH, y + 3, room * before / top, 13, "was"))
        drawn.append(_text(WIDTH, y + 13, f"{now:.1%}", "end"))
    about = f"Shares of rows by category of {column.name}: training data and this window"
    return Picture(height=line * len(shown), shapes=tuple(drawn), about=about)


_SEGMENTS = "Segments with their intervals, and where the others of their column are"


def intervals(segments: Sequence[Segment], about: str = _SEGMENTS) -> Picture:
    """Segments with their intervals, one below the other, each with a mark at the other segments' metric.

    With several columns, value and column name are on two lines: on one, a long column name would hide the
    value.
    """
    bounds = [
        bound
        for segment in segments
        for bound in (segment.low, segment.high, segment.against)
        if bound is not None
    ]
    finite = [bound for bound in bounds if math.isfinite(bound)]
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    several = len({segment.column for segment in segments}) > 1
    line, room = 34 if several else 24, WIDTH - _LABEL_WIDTH - 50

    def at(value: float) -> str:
        return f"{_LABEL_WIDTH + room * (min(max(value, low), high) - low) / span:.1f}"

    drawn = []
    for place, segment in enumerate(segments):
        y = place * line + line / 2
        kind = "bad" if segment.worse else "now"
        drawn.append(_text(0, y + (-2 if several else 4), _cut(segment.value, 16), "start", "name"))
        if several:
            drawn.append(_text(0, y + 11, _cut(segment.column, 17), "start"))
        drawn.append(_line(f"span {kind}", at(segment.low), at(segment.high), y, y))
        if segment.against is not None:
            drawn.append(_line("others", at(segment.against), at(segment.against), y - 8, y + 8))
        drawn.append(
            Shape(
                tag="circle", attributes={"class": kind, "cx": at(segment.estimate), "cy": f"{y}", "r": "4"}
            )
        )
        drawn.append(_text(WIDTH, y + 4, number(segment.estimate), "end", "name"))
    return Picture(height=line * len(segments), shapes=tuple(drawn), about=about)


def reliability(bins: Sequence[ReliabilityBin]) -> Picture:
    """The rate of positives by score, with intervals, and the diagonal on which a calibrated model lies."""
    side, left, foot = 240, 36, 30

    def across(score: float) -> str:
        return f"{left + side * score:.1f}"

    def up(rate: float) -> float:
        return 6 + side * (1 - rate)

    drawn = [
        _line("frame", across(0), across(1), up(0), up(0)),
        _line("frame", across(0), across(0), up(0), up(1)),
    ]
    drawn.append(_line("others", across(0), across(1), up(0), up(1)))
    for point in bins:
        x = across(point.score)
        drawn.append(_line("span now", x, x, up(point.low), up(point.high)))
        drawn.append(
            Shape(tag="circle", attributes={"class": "now", "cx": x, "cy": f"{up(point.rate):.1f}", "r": "4"})
        )
    for share in (0.0, 0.5, 1.0):
        drawn.append(_text(left + side * share, up(0) + 14, f"{share:g}", "middle"))
        drawn.append(_text(left - 6, up(share) + 4, f"{share:g}", "end"))
    drawn.append(_text(left + side, up(0) + 28, "mean score", "end"))
    drawn.append(_text(left + 6, 16, "share that was positive", "start"))
    about = "The share of positive rows by score, with intervals, and the diagonal of a calibrated model"
    return Picture(height=side + foot + 8, shapes=tuple(drawn), about=about)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
