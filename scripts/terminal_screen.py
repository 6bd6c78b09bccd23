"""What stands on a terminal after a program wrote to it: lines that were overwritten are gone.

Knows what Rich's progress displays send: colours, returns, movements of the cursor, and erased lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SEQUENCE = re.compile(
    r"\x1b\[(?P<parameters>[0-9;?]*)(?P<command>[@-~])"  # CSI
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, such as a link or a title
    r"|\x1b."
    r"|(?P<text>[^\x1b])",
    re.DOTALL,
)
_RESET = "\x1b[0m"


@dataclass(kw_only=True)
class Screen:
    """A terminal that is as long as what is written to it.

    Attributes:
        columns: the terminal's width; longer lines continue on the next one.
    """

    columns: int
    _cells: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    _row: int = 0
    _column: int = 0
    _style: str = ""

    def write(self, output: str) -> None:
        """Take what a program wrote, control sequences included."""
        for match in _SEQUENCE.finditer(output):
            if match["command"]:
                self._obey(match["command"], match["parameters"])
            elif match["text"]:
                self._put(match["text"])

    def lines(self) -> list[str]:
        """The lines that stand there, with their colours, without empty ones at the end."""
        shown = [_coloured(cells) for cells in self._cells]
        while shown and not shown[-1].strip():
            shown.pop()
        return shown

    def _put(self, character: str) -> None:
        if character == "\n":
            self._move_to(self._row + 1, self._column)
        elif character == "\r":
            self._column = 0
        elif character == "\b":
            self._column = max(0, self._column - 1)
        elif character == "\t":
            self._column = min(self.columns - 1, (self._column // 8 + 1) * 8)
        elif character >= " ":
            if self._column >= self.columns:
                self._move_to(self._row + 1, 0)
            line = self._cells[self._row]
            line.extend([(" ", "")] * (self._column + 1 - len(line)))
            line[self._column] = (character, self._style)
            self._column += 1

    def _obey(self, command: str, parameters: str) -> None:
        count = int(parameters) if parameters.isdigit() else 1
        if command == "m":
            self._style = "" if parameters in ("", "0") else f"{self._style}\x1b[{parameters}m"
        elif command == "A":
            self._move_to(max(0, self._row - count), self._column)
        elif command == "B":
            self._move_to(self._row + count, self._column)
        elif command == "C":
            self._column = min(self.columns - 1, self._column + count)
        elif command == "D":
            self._column = max(0, self._column - count)
        elif command == "G":
            self._column = count - 1
        elif command == "K":
            self._erase_line(parameters or "0")
        elif command == "J":
            self._erase_line(parameters or "0")
            del self._cells[self._row + 1 :]

    def _erase_line(self, what: str) -> None:
        line = self._cells[self._row]
        if what == "0":
            del line[self._column :]
        elif what == "1":
            line[: self._column + 1] = [(" ", "")] * min(self._column + 1, len(line))
        else:
            line.clear()

    def _move_to(self, row: int, column: int) -> None:
        self._row, self._column = row, column
        while len(self._cells) <= row:
            self._cells.append([])


def _coloured(cells: list[tuple[str, str]]) -> str:
    """A line's characters, with a control sequence wherever the style changes."""
    parts, current = [], ""
    for character, style in cells:
        if style != current:
            parts.append((_RESET if current else "") + style)
            current = style
        parts.append(character)
    return "".join(parts).rstrip() + (_RESET if current else "")
