"""Small pictures as inline SVG: coloured by the page's own colours, so that they fit a dark page too."""

import math
from collections.abc import Sequence
from html import escape

from jobs.monitoring.segments import Segment
from jobs.window import Compared

WIDTH = 340
_MOST_CATEGORIES = 7
_LABEL = 118  # pixels for names beside bars


def number(value: float | None) -> str:
    """A number as people read it, in few digits; a dash for none."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 3
    return f"{value:,.{digits}f}"


def signed(value: float) -> str:
    """A difference in few digits, with its sign unless it rounds to nothing."""
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def histogram(column: Compared) -> str:
    """Shares of the baseline's rows (outline) and the window's (filled), bucket by bucket; else nothing.

    Buckets of numbers are the baseline's tenths, drawn equally wide, with what lies beyond its range at the
    sides; categories are the commonest of both, and all others together.
    """
    if not column.cells or not all(column.present):
        return ""
    shares = [(first / column.present[0], second / column.present[1]) for first, second in column.cells]
    return _buckets(column, shares) if column.kind == "numbers" else _categories(column, shares)


def _buckets(column: Compared, shares: Sequence[tuple[float, float]]) -> str:
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
    line = f'<polyline class="was" points="{" ".join(outline)}"/>'
    inner = column.edges[1:-1]
    ends = [
        _text(step, height + 12, _short(inner[0]), "middle" if column.cells[0][1] else "start"),
        _text(WIDTH - step, height + 12, _short(inner[-1]), "middle" if column.cells[-1][1] else "end"),
    ]
    if len(inner) > 2:
        ends.append(_text(WIDTH / 2, height + 12, _short(inner[len(inner) // 2]), "middle"))
    about = f"Shares of rows by value of {column.name}: training data and this window"
    return _svg(height + foot, "".join(bars) + line + "".join(ends), about)


def _categories(column: Compared, shares: Sequence[tuple[float, float]]) -> str:
    names = [*column.values, *(f"{name} (new)" for name in column.new)]
    named = sorted(zip(names, shares, strict=False), key=lambda item: -max(item[1]))
    shown = named[:_MOST_CATEGORIES]
    left = [pair for _, pair in named[_MOST_CATEGORIES:]] + [shares[-1]]
    others = (sum(first for first, _ in left), sum(second for _, second in left))
    if any(others):
        shown.append(("all others", others))
    top = max(max(pair) for _, pair in shown) or 1.0
    line, drawn = 22, []
    room = WIDTH - _LABEL - 44
    for place, (name, (before, now)) in enumerate(shown):
        y = place * line
        drawn.append(_text(0, y + 13, _cut(name, 17), "start"))
        drawn.append(_rect(_LABEL, y + 3, room * now / top, 13, "now"))
        drawn.append(_rect(_LABEL, y + 3, room * before / top, 13, "was"))
        drawn.append(_text(WIDTH, y + 13, f"{now:.1%}", "end"))
    about = f"Shares of rows by category of {column.name}: training data and this window"
    return _svg(line * len(shown), "".join(drawn), about)


def intervals(segments: Sequence[Segment]) -> str:
    """Segments with their intervals, one below the other, and a mark at what each is held against.

    Names have two lines where there are several columns: in one, a long column's name would hide the value.
    """
    told = [bound for one in segments for bound in (one.low, one.high, one.against) if bound is not None]
    finite = [bound for bound in told if math.isfinite(bound)]
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    several = len({one.column for one in segments}) > 1
    line, room = 34 if several else 24, WIDTH - _LABEL - 50

    def at(value: float) -> str:
        return f"{_LABEL + room * (min(max(value, low), high) - low) / span:.1f}"

    drawn = []
    for place, one in enumerate(segments):
        y = place * line + line / 2
        kind = "bad" if one.worse else "now"
        drawn.append(_text(0, y + (-2 if several else 4), _cut(one.value, 16), "start", "name"))
        if several:
            drawn.append(_text(0, y + 11, _cut(one.column, 17), "start"))
        drawn.append(_line(f"span {kind}", at(one.low), at(one.high), y, y))
        if one.against is not None:
            drawn.append(_line("others", at(one.against), at(one.against), y - 8, y + 8))
        drawn.append(f'<circle class="{kind}" cx="{at(one.estimate)}" cy="{y}" r="4"/>')
        drawn.append(_text(WIDTH, y + 4, number(one.estimate), "end", "name"))
    about = "Segments with their intervals, and where the others of their column are"
    return _svg(line * len(segments), "".join(drawn), about)


def _line(kind: str, start: str, end: str, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{start}" x2="{end}" y1="{top}" y2="{bottom}"/>'


def _svg(height: float, content: str, about: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(about)}">{content}</svg>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
