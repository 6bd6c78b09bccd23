from pathlib import Path
from xml.etree import ElementTree

import matplotlib

from examples.flight_lifecycle import plot
from examples.flight_lifecycle.living import Interval, Month


def month(number: int, version: int, auc: float) -> Month:
    interval = Interval(value=auc, low=auc - 0.01, high=auc + 0.01)
    return Month(
        month=number,
        version=version,
        asked=1000,
        auc=interval,
        drifted=("temperature",),
        report="s3://b/k",
        labelled_until="",
    )


def test_the_year_is_drawn_with_both_lines_and_the_versions(tmp_path: Path) -> None:
    months = [month(5, 1, 0.75), month(6, 2, 0.74)]
    without = {5: months[0].auc, 6: Interval(value=0.70, low=0.69, high=0.71)}
    path = tmp_path / "made" / "year.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot.draw(months, without, path)
    text = "".join(ElementTree.parse(path).getroot().itertext())
    for words in ("retrained by itself", "the first model, never retrained", "v2", "May", "Jun"):
        assert words in text
