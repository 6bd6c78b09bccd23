"""A table that becomes a list of records where the terminal is too narrow for its columns."""

from __future__ import annotations

import math

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

SHORT = 16
"""A cell of at most this width is not folded."""
MAX_LINES = 2
"""Lines that a longer cell may be folded into before the table becomes a list."""


class NarrowTable(Table):
    """A table of named columns, or below a certain width one block of lines for each row.

    Tables without a header, and those of two columns, are always folded.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table if its cells need at most `MAX_LINES` lines each, else its rows as records."""
        if not self.show_header or len(self.columns) < 3 or self._min_width() <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        names = [_plain(column.header).strip() for column in self.columns]
        for number, cells in enumerate(zip(*(column.cells for column in self.columns), strict=True)):
            if number:
                yield Text("")
            record = Table.grid(padding=(0, 2, 0, 0))
            record.add_column(style="dim", no_wrap=True)
            record.add_column(overflow="fold")
            for name, cell in zip(names, cells, strict=True):
                if _plain(cell).strip():
                    record.add_row(name, cell.strip() if isinstance(cell, str) else cell)
            yield record

    def _min_width(self) -> int:
        padding = self.padding[1] + self.padding[3]
        widths = [
            max(_width(cell) for cell in [column.header, *column.cells]) + padding for column in self.columns
        ]
        return sum(widths)


def _width(cell: RenderableType) -> int:
    width = max((cell_len(line) for line in _plain(cell).splitlines()), default=0)
    return width if width <= SHORT else max(SHORT, math.ceil(width / MAX_LINES))


def _plain(cell: RenderableType) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
