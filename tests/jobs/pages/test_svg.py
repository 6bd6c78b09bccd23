import math
import re
from xml.etree import ElementTree

import pytest

from jobs.monitoring.segments import Segment
from jobs.pages.rendering import render
from jobs.pages.shapes import WIDTH, Picture
from jobs.pages.svg import histogram, intervals
from jobs.statistics.window import Compared

NUMBERS = Compared(
    name="amount",
    kind="numbers",
    present=(100, 50),
    missing=(0, 0),
    cells=((0, 5), (50, 5), (50, 30), (0, 10)),
    edges=(-9.0, 0.0, 1.5, 2000.0, 2500.0),
)


def svg(picture: Picture | None) -> str:
    return render("picture.svg.j2", picture=picture)


def drawn(picture: Picture | None) -> ElementTree.Element:
    return ElementTree.fromstring(svg(picture))


def heights(picture: Picture | None) -> list[float]:
    return [float(rect.attrib["height"]) for rect in drawn(picture).iter("rect")]


def test_bars_are_shares_of_the_window() -> None:
    picture = histogram(NUMBERS)
    assert [round(tall / max(heights(picture)), 3) for tall in heights(picture)] == [0.167, 0.167, 1.0, 0.333]
    assert [rect.attrib["class"] for rect in drawn(picture).iter("rect")] == ["out", "now", "now", "out"]
    assert [text.text for text in drawn(picture).iter("text")] == ["0", "2,000", "1.5"]


def test_the_outline_is_the_baseline() -> None:
    points = drawn(histogram(NUMBERS)).find("polyline")
    assert points is not None
    ups = [float(pair.split(",")[1]) for pair in points.attrib["points"].split()]
    assert ups[0] == 70 and ups[2] == ups[4] == pytest.approx(70 * (1 - 0.5 / 0.6), abs=0.1) and ups[-1] == 70


def test_categories_by_their_names() -> None:
    column = Compared(
        name="kind",
        kind="categories",
        present=(100, 100),
        missing=(0, 0),
        cells=((60, 10), (30, 20), (0, 70), (10, 0)),
        values=("a", "<b>&c"),
        new=("much too long a name for a phone",),
    )
    picture = histogram(column)
    texts = [text.text for text in drawn(picture).iter("text")]
    assert texts == ["much too long a …", "70.0%", "a", "10.0%", "<b>&c", "20.0%", "all others", "0.0%"]
    widths = [float(rect.attrib["width"]) for rect in drawn(picture).iter("rect")]
    assert max(widths) == pytest.approx(WIDTH - 118 - 44) and widths[1] == 0


def test_many_categories_are_put_together() -> None:
    column = Compared(
        name="kind",
        kind="categories",
        present=(100, 100),
        missing=(0, 0),
        cells=(*((10, 10) for _ in range(10)), (0, 0)),
        values=tuple("abcdefghij"),
    )
    texts = [text.text for text in drawn(histogram(column)).iter("text")]
    assert texts[-2:] == ["all others", "30.0%"] and len(texts) == 16


def test_nothing_to_draw() -> None:
    assert histogram(Compared(name="x", kind="presence", present=(5, 0), missing=(0, 5))) is None
    assert (
        histogram(Compared(name="x", kind="numbers", present=(5, 0), missing=(0, 5), cells=((5, 0),))) is None
    )


def segment(
    estimate: float, spread: float, against: float | None, *, worse: bool = False, column: str = "c"
) -> Segment:
    return Segment(
        column=column,
        value="a<b",
        rows=100,
        metric="auc",
        estimate=estimate,
        low=estimate - spread,
        high=estimate + spread,
        against=against,
        worse=worse,
    )


def test_intervals_on_one_scale() -> None:
    picture = intervals([segment(0.5, 0.1, 0.7, worse=True), segment(0.75, 0.05, None)])
    lines = list(drawn(picture).iter("line"))
    spans = [line for line in lines if "span" in line.attrib["class"]]
    room = [float(line.attrib["x2"]) - float(line.attrib["x1"]) for line in spans]
    assert room[0] == pytest.approx(2 * room[1], abs=0.2)
    assert [line.attrib["class"] for line in spans] == ["span bad", "span now"]
    (others,) = (line for line in lines if line.attrib["class"] == "others")
    assert others.attrib["x1"] == spans[1].attrib["x1"]
    assert re.findall(r"\d\.\d{3}", svg(picture))[-1] == "0.750"


def test_a_long_column_hides_no_value() -> None:
    picture = intervals(
        [segment(0.5, 0.1, 0.7, column="departure_airport_of_the_flight"), segment(0.5, 0.1, 0.7)]
    )
    told = [text.text for text in drawn(picture).iter("text")]
    assert told == ["a<b", "departure_airpor…", "0.500", "a<b", "c", "0.500"]


def test_one_point_is_drawn_too() -> None:
    assert drawn(intervals([segment(0.5, 0.0, None)])).tag == "svg"


def test_a_bound_that_is_not_finite_ends_with_the_picture() -> None:
    picture = intervals([segment(2.0, math.inf, 1.0), segment(1.0, 0.5, 2.0)])
    text = svg(picture)
    assert "inf" not in text and "nan" not in text


def test_a_name_that_looks_like_markup_stays_a_name() -> None:
    hostile = "\"/><script>alert('1')</script>&"
    column = Compared(
        name=hostile,
        kind="categories",
        present=(10, 10),
        missing=(0, 0),
        cells=((5, 5), (5, 5), (0, 0)),
        values=(hostile, "a"),
    )
    picture = drawn(histogram(column))
    assert hostile in picture.attrib["aria-label"]
    assert {element.tag for element in picture.iter()} == {"svg", "rect", "text"}
