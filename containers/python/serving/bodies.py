"""Reads and writes bodies: rows of numbers as CSV, answers as CSV or JSON Lines."""

import json
import math
from collections.abc import Iterable, Sequence

CSV = "text/csv"
JSON_LINES = "application/jsonlines"

Answers = Sequence[float] | Sequence[Sequence[float]]


class RequestError(Exception):
    """The caller's mistake; the message is the answer's body, with an HTTP status of 4xx."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def read_csv(body: bytes) -> list[list[float]]:
    """The rows of a CSV body without a header; an empty cell is a missing value, NaN.

    Raises:
        RequestError: when a cell is not a number, or a line has another number of cells than the first.
    """
    lines = body.splitlines()
    # float() also accepts 1_000 and blanks: a body with these characters is checked cell by cell.
    if b"_" not in body and b" " not in body:
        try:
            rows = [[float(cell) for cell in line.split(b",")] for line in lines]
        except ValueError:
            rows = _read_carefully(lines)
    else:
        rows = _read_carefully(lines)
    if not rows:
        raise RequestError("The body is empty: send one row a line.")
    width = len(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise RequestError(f"Line {number} has {len(row)} values, line 1 has {width}.")
    return rows


def _read_carefully(lines: Iterable[bytes]) -> list[list[float]]:
    return [
        [_number(cell.strip(), line, column) for column, cell in enumerate(text.split(b","), start=1)]
        for line, text in enumerate(lines, start=1)
    ]


def _number(cell: bytes, line: int, column: int) -> float:
    if not cell:
        return math.nan
    try:
        if b"_" in cell:
            raise ValueError
        return float(cell)
    except ValueError:
        shown = cell[:40].decode(errors="replace")
        raise RequestError(f"Line {line}, column {column}: {shown!r} is no number.") from None


def write_csv(answers: Answers) -> bytes:
    """The answers as CSV: one line for each row, with all values of the row."""
    lines = [
        ",".join(map(str, answer)) if isinstance(answer, Sequence) else str(answer) for answer in answers
    ]
    return ("\n".join(lines) + "\n").encode()


def write_json_lines(answers: Answers, version: str) -> bytes:
    """The answers as JSON Lines: one object for each row, with the score and the model's version.

    Args:
        answers: the model's answers.
        version: the version as JSON text.
    """
    return "".join(f'{{"score": {_json(answer)}, "version": {version}}}\n' for answer in answers).encode()


def _json(answer: float | Sequence[float]) -> str:
    """One answer as JSON; NaN and infinite numbers, which JSON does not have, become null."""
    if isinstance(answer, Sequence):
        return "[" + ", ".join(map(_json, answer)) + "]"
    return repr(float(answer)) if math.isfinite(answer) else "null"


def version_as_json(text: str | None) -> str:
    """The version of the model package as JSON: a number if it is one, else a text; null without one."""
    if not text:
        return "null"
    return text if text.isascii() and text.isdecimal() else json.dumps(text)
