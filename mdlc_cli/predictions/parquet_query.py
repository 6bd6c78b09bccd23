"""Finds rows of files by column values; run by `mdlc_cli.predictions.parquet` in an environment with DuckDB.

Reads `{"files": [...], "equal": {column: text}, "format": "parquet" or "csv", "number": null}` from standard
input and writes the rows as JSON to standard output, each with its file's name under `FILE`. Values are
compared as text, with the spellings of `_ways`. With a number, from 1, only that row of the only file is
returned.
"""

import json
import sys
from typing import Any

MAX_ROWS = 100
FILE = "\x01file"
"""The key of the file's name; no column has it, because control characters in names are rejected."""


def query(
    files: list[str], equal: dict[str, str], kind: str, number: int | None = None
) -> list[dict[str, Any]]:
    """The rows with these column values, at most `MAX_ROWS`; or the row of a number in its file."""
    import duckdb

    connection = duckdb.connect()
    read = (
        f"read_parquet(?, filename = '{FILE}', union_by_name = true, binary_as_string = true)"
        if kind == "parquet"
        else f"read_csv(?, header = true, all_varchar = true, filename = '{FILE}', union_by_name = true)"
    )
    where = " AND ".join(
        'list_contains(?, CAST("{}" AS VARCHAR))'.format(name.replace('"', '""')) for name in equal
    )
    # A file is read in its order.
    most, skipped = (MAX_ROWS, 0) if number is None else (1, number - 1)
    rows = connection.execute(
        f"SELECT * FROM {read} WHERE {where or 'true'} LIMIT {most} OFFSET {skipped}",
        [files, *map(_ways, equal.values())],
    )
    names = [column[0] for column in rows.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def _ways(text: str) -> list[str]:
    """The spellings of a value that the jobs treat as equal, such as 1 and 1.0."""
    ways = [text]
    if text in ("true", "false"):
        ways += [text.title(), text.upper()]
    if text.removeprefix("-").isdecimal():
        ways.append(f"{text}.0")
    return ways


def main() -> None:
    """Reads one query and writes its rows."""
    asked = json.load(sys.stdin)
    json.dump(
        query(asked["files"], asked["equal"], asked["format"], asked.get("number")), sys.stdout, default=str
    )


if __name__ == "__main__":
    main()
