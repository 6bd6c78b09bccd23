"""Finds rows of files by what their columns hold; run by `mdlc_cli.parquet` in an environment with DuckDB.

Reads `{"files": [...], "equal": {column: text}, "format": "parquet" or "csv"}` from standard input and writes
the rows, each with its file's name under `FILE`, as JSON to standard output. Values are compared as text, in
any of the ways in which programs write them.
"""

import json
import sys
from typing import Any

MAX_ROWS = 100
FILE = "\x01file"
"""No column is called so: data sets refuse control characters in names."""


def query(files: list[str], equal: dict[str, str], kind: str) -> list[dict[str, Any]]:
    """The rows that hold these texts, the first hundred."""
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
    rows = connection.execute(
        f"SELECT * FROM {read} WHERE {where} LIMIT {MAX_ROWS}", [files, *map(_ways, equal.values())]
    )
    names = [column[0] for column in rows.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def _ways(text: str) -> list[str]:
    """The texts that the jobs read as this one: a whole number may be written as floating point."""
    ways = [text]
    if text in ("true", "false"):
        ways += [text.title(), text.upper()]
    if text.removeprefix("-").isdecimal():
        ways.append(f"{text}.0")
    return ways


def main() -> None:
    """Answers one question."""
    asked = json.load(sys.stdin)
    json.dump(query(asked["files"], asked["equal"], asked["format"]), sys.stdout, default=str)


if __name__ == "__main__":
    main()
