"""Reads the rows of a file: CSV with a header, or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mdlc_cli.errors import CommandError
from mdlc_constructs.settings.strict_json import read_json

CSV = ".csv"


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows with the numbers of their lines.

    Values of a CSV file stay text, and an empty one is left out: it is a missing value.

    Args:
        path: a file that ends in `.csv`, or in `.jsonl` or `.json` with one object a line.

    Raises:
        CommandError: naming the file, the line and the remedy.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error}): give a CSV file or JSON lines") from error
    if path.suffix == CSV:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        for row in reader:
            yield reader.line_num, {name: value for name, value in row.items() if name and value}
        return
    if path.suffix not in (".jsonl", ".json"):
        raise CommandError(f"{path.name} is neither .csv nor .jsonl: give a CSV file or JSON lines")
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = read_json(line)
        except ValueError as error:
            raise CommandError(f"line {number} of {path.name} is no JSON object: {error}") from error
        if not isinstance(value, dict):
            raise CommandError(f"line {number} of {path.name} is no JSON object: give one row a line")
        yield number, value
