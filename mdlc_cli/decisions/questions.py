"""Rows to ask a model about: read from JSON, and checked against the columns that are known. Pure."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mdlc_cli.decisions import row_files
from mdlc_cli.errors import CommandError
from mdlc_constructs.settings.strict_json import json_lines, read_json

Row = dict[str, Any]

EXAMPLE = "'{\"age\": 3}'"
_KINDS: Mapping[str, str] = {
    "number": "a number",
    "integer": "a whole number without a decimal point",
    "boolean": "true or false",
    "string": "a text",
}


def read(text: str) -> list[Row]:
    """The rows in ``{...}``, ``@FILE`` or ``@-`` (standard input): one JSON object, or one a line.

    A file that ends in `.csv` has a header; its values stay text (see `typed`).

    Raises:
        CommandError: naming the line and the remedy.
    """
    where = "the row"
    if text.startswith("@"):
        where = "standard input" if text == "@-" else text[1:]
        if is_csv(text):
            return _of_csv(Path(where))
        try:
            text = sys.stdin.read() if text == "@-" else Path(text[1:]).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise CommandError(f"{where} cannot be read ({why}): give a file of JSON lines") from error
    lines = json_lines(text)
    if not lines:
        raise CommandError(f"{where} is empty: give a row, such as {EXAMPLE}")
    try:
        # One object may be written over several lines.
        return [_row(text, where)]
    except CommandError:
        if len(lines) == 1:
            raise
        if text.lstrip().startswith("{\n"):
            raise
    return [_row(line, f"line {number} of {where}") for number, line in enumerate(lines, start=1)]


def is_csv(text: str) -> bool:
    """Whether the argument of `read` names a CSV file."""
    return text.startswith("@") and text.endswith(row_files.CSV)


def _of_csv(path: Path) -> list[Row]:
    rows = [row for _, row in row_files.rows(path)]
    if not rows:
        raise CommandError(f"{path} holds no rows: give a header and at least one row")
    return rows


def typed(row: Row, schema: Mapping[str, Any]) -> Row:
    """A row of a CSV file with the values that a decision API's schema asks for, instead of texts.

    An empty value is null. A text that is no such value stays, and `check_values` refuses it.
    """
    columns = schema["properties"]
    absent = {name: None for name in schema.get("required", ()) if name not in row}
    return absent | {
        name: _typed(value, columns.get(name, {}).get("type", ())) for name, value in row.items()
    }


def _typed(value: Any, kinds: str | Sequence[str]) -> Any:
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not isinstance(value, str) or "string" in kinds:
        return value
    try:
        content = read_json(value.strip().lower())
    except ValueError:
        return value
    return content if any(_is_of(kind, content) for kind in kinds) else value


def check_values(row: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> None:
    """Check a row against the JSON schema of a decision API's rows.

    Raises:
        CommandError: the first unknown, missing or wrong column, with the remedy.
    """
    columns = schema["properties"]
    for name in row:
        if name not in columns:
            raise CommandError(f"{where} has an unknown column {name!r}: {_remedy(name, columns, row)}")
    missing = [name for name in schema.get("required", ()) if name not in row]
    if missing:
        raise CommandError(
            f"{where} lacks {_listed(missing)}: give each a value, or null where it is missing"
        )
    for name, value in row.items():
        kinds = columns[name]["type"]
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not any(_is_of(kind, value) for kind in kinds):
            wanted = " or ".join(_KINDS.get(kind, kind) for kind in kinds)
            raise CommandError(f"{where} has {name}={_shown(value)}: give {wanted}")


def check_names(row: Mapping[str, Any], columns: Iterable[str], where: str) -> list[str]:
    """Check a row's names against the columns that a model reads; returns those that it ignores.

    Raises:
        CommandError: no name is one of the columns, or one seems to be a slip.
    """
    columns = list(columns)
    ignored = [name for name in row if name not in columns]
    absent = [name for name in columns if name not in row]
    for name in ignored:
        near = _near(name, absent)
        if near is not None:
            raise CommandError(f"{where} has {name!r}, which the model does not read: did you mean {near!r}?")
    if len(ignored) == len(row):
        raise CommandError(f"{where} has none of the columns that the model reads: give {_listed(columns)}")
    return ignored


def _row(text: str, where: str) -> Row:
    try:
        value = read_json(text)
    except ValueError as error:
        remedy = f"give a JSON object such as {EXAMPLE}"
        raise CommandError(f"{where} is no JSON ({str(error).rstrip('.')}): {remedy}") from error
    if not isinstance(value, dict):
        raise CommandError(f"{where} is {_shown(value)}: give a JSON object such as {EXAMPLE}")
    if not value:
        raise CommandError(f"{where} has no columns: give at least one, such as {EXAMPLE}")
    for name, inner in value.items():
        if isinstance(inner, dict | list):
            raise CommandError(
                f"{where} has {name}={_shown(inner)}: give a text, a number, true, false or null"
            )
    return value


def _remedy(name: str, columns: Iterable[str], row: Mapping[str, Any]) -> str:
    absent = [each for each in columns if each not in row]
    near = _near(name, absent)
    return f"did you mean {near!r}?" if near else f"the columns are {_listed(columns)}"


def _near(name: str, names: Iterable[str]) -> str | None:
    by_lower_case = {each.lower(): each for each in names}
    near = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.75)
    return by_lower_case[near[0]] if near else None


def _is_of(kind: str, value: object) -> bool:
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("number", "integer"):
        types = int if kind == "integer" else (int, float)
        return isinstance(value, types) and not isinstance(value, bool)
    return isinstance(value, str)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
    return ", ".join(shown[:12]) + more
