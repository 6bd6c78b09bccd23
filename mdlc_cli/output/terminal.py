"""Prints text safely: markup, links and control sequences in data are shown as text, never interpreted.

All output of commands goes through `Terminal` or `write`; tests/cli/output/test_terminal.py checks that.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from mdlc_client.audit import plain

_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed, ESC and CSI among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of what follows
    "\u200b\u2060\ufeff\u2028\u2029\ufff9-\ufffb"  # without a width, and line ends of other alphabets
    "\ud800-\udfff"  # halves of a pair, which no terminal's encoding can hold
    "\U000e0000-\U000e007f"  # tags
    "]"
)


def visible(text: str) -> str:
    r"""The text with control and invisible characters as JSON escapes, such as ``\u001b`` for ESC.

    Line ends and tabs stay. The meaning of a JSON document does not change.
    """
    return _UNSEEN.sub(_named, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Like `visible`, with line ends escaped too, so that the text cannot look like another output line."""
    return visible(text).replace("\n", "\\n")


def line(*parts: str | tuple[str, str]) -> Text:
    """A line of plain texts and of texts with a style, as pairs such as `("passed", "green")`."""
    text_line = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        text_line.append(visible(text), style=style or None)
    return text_line


def write(text: str) -> None:
    """Prints a line of plain text to standard output."""
    sys.stdout.write(visible(text) + "\n")


def write_json(value: Any) -> None:
    """Prints a value as JSON to standard output: DynamoDB's numbers as numbers, times as text in UTC."""
    write(json.dumps(value, indent=2, sort_keys=True, default=_json_value))


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        # The SDK gives times in this machine's zone.
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return plain(value)


class Terminal(Console):
    """A console without markup and emoji codes, which shows control characters instead of sending them.

    Style what you print with `line` or with ``style=``.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints objects; without a terminal, no line ends in the spaces that fill a table's last column."""
        if self.is_terminal:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write("\n".join(text_line.rstrip(" ") for text_line in captured.get().split("\n")))
        self.file.flush()

    def render_str(self, text: str, **options: Any) -> Text:
        """A string as plain text, even when the options ask for markup."""
        return super().render_str(visible(text), **{**options, "markup": False, "emoji": False})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable, with control characters in its text escaped."""
        if isinstance(renderable, Text) and _UNSEEN.search(renderable.plain):
            renderable = Text(
                visible(renderable.plain),
                style=renderable.style,
                justify=renderable.justify,
                overflow=renderable.overflow,
                end=renderable.end,
            )
        return super().render(renderable, options)


def _named(match: re.Match[str]) -> str:
    # JSON has four digits only, and writes a character beyond them as the two halves of a pair.
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
