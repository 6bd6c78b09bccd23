"""Pictures of a search for hyperparameters: the metric by trial, and by the value of each hyperparameter."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.pages.formats import number
from jobs.pages.shapes import WIDTH, Picture, Shape

_LEFT, _RIGHT, _TOP, _HEIGHT, _FOOT = 44, 10, 14, 110, 30
_ROOM = WIDTH - _LEFT - _RIGHT
_WIDE = 100
"""From this ratio of the bounds on, a hyperparameter's axis is logarithmic."""
MAX_PARAMETERS = 12


def progress(tuning: Mapping[str, Any]) -> Picture | None:
    """Each trial's metric in the order of time, and the best one so far; None without a metric."""
    valued = _valued(tuning)
    if not valued:
        return None
    scale = _Scale([trial["value"] for trial in valued])
    most = max(len(tuning["trials"]), 2)

    def across(place: int) -> float:
        return _LEFT + _ROOM * place / (most - 1)

    dots, best_line, best = [], [], None
    for place, trial in enumerate(tuning["trials"]):
        value = trial["value"]
        if value is None:
            dots.append(_cross(across(place), _TOP + _HEIGHT))
            continue
        dots.append(_dot(across(place), scale.up(value), is_best=trial["name"] == tuning["best"]))
        best = value if best is None or _better(tuning, value, best) else best
        best_line.append(f"{across(place):.1f},{scale.up(best):.1f}")
    line = Shape(tag="polyline", attributes={"class": "was", "points": " ".join(best_line)})
    ends = [
        _text(_LEFT, _TOP + _HEIGHT + 14, "first trial", "start"),
        _text(WIDTH - _RIGHT, _TOP + _HEIGHT + 14, "last", "end"),
        _text(_LEFT, 10, tuning["metric"], "start"),
    ]
    about = f"{tuning['metric']} of each trial in the order of time, and the best one so far"
    shapes = (*_frame(scale), line, *dots, *ends)
    return Picture(height=_TOP + _HEIGHT + _FOOT, shapes=shapes, about=about)


def by_parameter(tuning: Mapping[str, Any]) -> list[Picture]:
    """The metric by the value of each hyperparameter that was searched."""
    valued = _valued(tuning)
    names = sorted({name for trial in valued for name in trial["hyperparameters"]})
    scale = _Scale([trial["value"] for trial in valued]) if valued else None
    return [_parameter(tuning, name, valued, scale) for name in names[:MAX_PARAMETERS] if scale]


def _parameter(
    tuning: Mapping[str, Any], name: str, valued: Sequence[Mapping[str, Any]], scale: "_Scale"
) -> Picture:
    texts = [trial["hyperparameters"].get(name, "") for trial in valued]
    places, ends = _places(texts)
    # The best trial is drawn last, so that no other dot hides it.
    order = sorted(range(len(valued)), key=lambda index: valued[index]["name"] == tuning["best"])
    dots = [
        _dot(
            _LEFT + 6 + (_ROOM - 12) * places[index],
            scale.up(valued[index]["value"]),
            is_best=valued[index]["name"] == tuning["best"],
        )
        for index in order
    ]
    marks = [
        _text(_LEFT + 6 + (_ROOM - 12) * place, _TOP + _HEIGHT + 14, text, anchor)
        for place, text, anchor in ends
    ]
    title = _text(_LEFT, 10, name, "start")
    about = f"{tuning['metric']} by the value of {name}, a dot for each trial"
    return Picture(
        height=_TOP + _HEIGHT + _FOOT - 8, shapes=(*_frame(scale), *dots, title, *marks), about=about
    )


def _places(texts: Sequence[str]) -> tuple[list[float], list[tuple[float, str, str]]]:
    """The place of each value from 0 to 1, and the marks below the axis."""
    try:
        numbers = [float(text) for text in texts]
        if not all(math.isfinite(trial) for trial in numbers):
            raise ValueError
    except ValueError:
        known = sorted(set(texts))
        step = 1 / max(len(known) - 1, 1)
        at = {text: place * step for place, text in enumerate(known)}
        anchors = ["start", *["middle"] * (len(known) - 2), "end"] if len(known) > 1 else ["start"]
        marks = [(at[text], text[:12], anchor) for text, anchor in zip(known, anchors, strict=True)]
        return [at[text] for text in texts], marks[:7]
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low >= _WIDE

    def place(value: float) -> float:
        if high == low:
            return 0.5
        if log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    marks = [(0.0, f"{low:.3g}", "start"), (1.0, f"{high:.3g}" + (" (log)" if log else ""), "end")]
    return [place(trial) for trial in numbers], marks


class _Scale:
    """The vertical axis, the same in all pictures."""

    def __init__(self, values: Sequence[float]) -> None:
        self.low, self.high = min(values), max(values)

    def up(self, value: float) -> float:
        """The height of a value on the page."""
        span = (self.high - self.low) or 1.0
        return _TOP + _HEIGHT * (1 - (value - self.low) / span)


def _valued(tuning: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [trial for trial in tuning["trials"] if trial["value"] is not None]


def _better(tuning: Mapping[str, Any], value: float, other: float) -> bool:
    return bool(value > other) if tuning["direction"] == "Maximize" else bool(value < other)


def _frame(scale: _Scale) -> tuple[Shape, ...]:
    bottom = _TOP + _HEIGHT
    ends = [(_LEFT, WIDTH - _RIGHT, bottom, bottom), (_LEFT, _LEFT, _TOP, bottom)]
    lines = [
        Shape(
            tag="line",
            attributes={"class": "frame", "x1": f"{x1}", "x2": f"{x2}", "y1": f"{y1}", "y2": f"{y2}"},
        )
        for x1, x2, y1, y2 in ends
    ]
    marks = [_text(_LEFT - 5, scale.up(value) + 4, number(value), "end") for value in {scale.low, scale.high}]
    return (*lines, *marks)


def _dot(x: float, y: float, *, is_best: bool) -> Shape:
    kind, radius = ("bad", "5") if is_best else ("now", "3.5")
    return Shape(tag="circle", attributes={"class": kind, "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": radius})


def _cross(x: float, y: float) -> Shape:
    """The mark of a trial without a metric, on the axis."""
    return _text(x, y + 4, "×", "middle")


def _text(x: float, y: float, text: str, anchor: str) -> Shape:
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    return Shape(tag="text", attributes=attributes, text=text)
