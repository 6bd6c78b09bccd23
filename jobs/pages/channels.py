"""The report of the check of channels as one page of HTML, self-contained and without scripts."""

from collections.abc import Sequence

from jobs.channels.report import ChannelProfile, ChannelsReport
from jobs.pages.rendering import render
from jobs.pages.shapes import WIDTH, Picture, Shape, cut, rect, text

MAX_CLASSES = 20
_LABEL_WIDTH, _NUMBER_WIDTH, _LINE = 118, 60, 22


def to_html(report: ChannelsReport) -> str:
    """The HTML page of a report."""
    pictures = [(channel, classes_picture(channel)) for channel in report.channels if channel.classes]
    return render("channels.html.j2", report=report, pictures=pictures, max_classes=MAX_CLASSES)


def classes_picture(channel: ChannelProfile) -> Picture:
    """The number of examples of each class as bars; of many the most frequent, and the others."""
    shown: Sequence[tuple[str, int]] = list(channel.classes.items())[:MAX_CLASSES]
    others = sum(channel.classes.values()) - sum(number for _, number in shown)
    if others:
        shown = [*shown, (f"{len(channel.classes) - MAX_CLASSES} others", others)]
    room, most = WIDTH - _LABEL_WIDTH - _NUMBER_WIDTH, max(number for _, number in shown)
    shapes = list[Shape]()
    for place, (name, number) in enumerate(shown):
        y = place * _LINE
        shapes.append(text(0, y + 13, cut(name, 17), "start"))
        shapes.append(rect(_LABEL_WIDTH, y + 3, room * number / most, 13, "now"))
        shapes.append(text(WIDTH, y + 13, f"{number:,}", "end"))
    about = f"Number of examples of each class in the channel {channel.name}"
    return Picture(height=_LINE * len(shown), shapes=tuple(shapes), about=about)
