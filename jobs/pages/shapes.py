"""Shapes of SVG pictures in the reports; they need no other package than the standard library."""

from collections.abc import Mapping
from dataclasses import dataclass

WIDTH = 340


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One SVG element; attributes whose value is None are left out."""

    tag: str
    attributes: Mapping[str, str | None]
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The input of the template ``picture.svg.j2``: lengths in pixels; ``about`` is the accessible label."""

    height: int
    shapes: tuple[Shape, ...]
    about: str
    width: int = WIDTH


def line(kind: str, start: str, end: str, top: float, bottom: float) -> Shape:
    """A line between two points."""
    return Shape(
        tag="line", attributes={"class": kind, "x1": start, "x2": end, "y1": f"{top}", "y2": f"{bottom}"}
    )


def rect(x: float, y: float, width: float, height: float, kind: str) -> Shape:
    """A rectangle."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}"}
    size = {"width": f"{max(0.0, width):.1f}", "height": f"{height:.1f}"}
    return Shape(tag="rect", attributes={"class": kind, **place, **size})


def text(x: float, y: float, content: str, anchor: str, kind: str | None = None) -> Shape:
    """Text at a point."""
    attributes = {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    return Shape(tag="text", attributes=attributes, text=content)


def cut(content: str, characters: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return content if len(content) <= characters else content[: characters - 1] + "…"
