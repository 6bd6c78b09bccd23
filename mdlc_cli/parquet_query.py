"""Finds rows of files by what their columns hold; run by `mdlc_cli.parquet` in an environment with DuckDB.

Reads `{"files": [...], "equal": {column: text}, "format": "parquet" or "csv"}` from standard input and writes
the rows, each with its file's name, as JSON to standard output. Values are compared as text.
"""

import json
import sys
from typing import Any

MOST_ROWS = 100


def query(files: list[str], equal: dict[str, str], kind: str) -> list[dict[str, Any]]:
    """The rows that hold these texts, the first hundred."""
    import duckdb

    connection = duckdb.connect()
    read = (
        "read_parquet(?, filename = true, union_by_name = true)"
        if kind == "parquet"
        else ("read_csv(?, header = true, all_varchar = true, filename = true, union_by_name = true)")
    )
    where = " AND ".join('CAST("{}" AS VARCHAR) = ?'.format(name.replace('"', '""')) for name in equal)
    rows = connection.execute(
        f"SELECT * FROM {read} WHERE {where} LIMIT {MOST_ROWS}", [files, *equal.values()]
    )
    names = [column[0] for column in rows.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def main() -> None:
    """Answers one question."""
    asked = json.load(sys.stdin)
    json.dump(query(asked["files"], asked["equal"], asked["format"]), sys.stdout, default=str)


if __name__ == "__main__":
    main()
