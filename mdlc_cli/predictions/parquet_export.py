"""Writes Parquet files' rows as CSV, JSON lines or Parquet; run by `predictions.parquet` beside DuckDB.

Reads one request a line from standard input and answers each with a line of JSON on standard output:
``{"export": "csv", "files": [...], "to": path, "header": true}`` with ``{"rows": number}``, and
``{"quantiles": "score", "files": [...], "at": [0.5]}`` with ``{"rows": number, "values": [...]}``.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

STARTS_A_FORMULA = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
IS_A_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
"""Texts that a spreadsheet runs as formulas, and those of them that are numbers (`jobs/spreadsheet.py`)."""
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
FLOATS = ("FLOAT", "DOUBLE")
COPY_OPTIONS = {"csv": "FORMAT csv, HEADER {header}", "jsonl": "FORMAT json", "parquet": "FORMAT parquet"}
"""The options of DuckDB's COPY, by the format of the file to write."""


def export(connection: Any, files: Sequence[str], to: str, kind: str, header: bool) -> int:
    """Write all rows of Parquet files, in their order, to one file; returns how many.

    Args:
        connection: a DuckDB connection.
        files: the Parquet files.
        to: the file to write.
        kind: a key of `COPY_OPTIONS`.
        header: whether a CSV file begins with the columns' names.
    """
    source = "read_parquet($1, union_by_name = true, binary_as_string = true)"
    columns = connection.execute(f"DESCRIBE SELECT * FROM {source}", [list(files)]).fetchall()
    selected = ", ".join(_column(str(name), str(type_), kind) for name, type_, *_ in columns)
    options = COPY_OPTIONS[kind].format(header=str(header).lower())
    target = to.replace("'", "''")
    (rows,) = connection.execute(
        f"COPY (SELECT {selected} FROM {source}) TO '{target}' ({options})", [list(files)]
    ).fetchone()
    return int(rows)


def quantiles(
    connection: Any, files: Sequence[str], column: str, at: Sequence[float]
) -> tuple[int, list[Any]]:
    """The number of rows of Parquet files, and a column's quantiles."""
    # The shares must be a constant of the query.
    shares = ", ".join(str(float(share)) for share in at)
    query = f"SELECT count(*), quantile_disc({_quoted(column)}, [{shares}]) FROM read_parquet($1)"
    rows, values = connection.execute(query, [list(files)]).fetchone()
    return int(rows), list(values or [])


def _column(name: str, type_: str, kind: str) -> str:
    """A column of the SELECT list, in which missing numbers are null and formulas are texts."""
    value, called = _quoted(name), name
    if kind == "csv":
        called = f"'{name}" if name.startswith(FORMULA_STARTS) else name
        if type_ in FLOATS:
            value = f"CASE WHEN isnan({value}) THEN NULL ELSE {value} END"
        elif type_ == "VARCHAR":
            value = (
                f"CASE WHEN regexp_matches({value}, '{STARTS_A_FORMULA}') "
                f"AND NOT regexp_matches({value}, '{IS_A_NUMBER}') THEN chr(39) || {value} ELSE {value} END"
            )
    elif kind == "jsonl" and type_ in FLOATS:
        # JSON has no NaN and no infinity.
        value = f"CASE WHEN isfinite({value}) THEN {value} END"
    return f"{value} AS {_quoted(called)}"


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def main() -> None:
    """Answers requests until standard input ends."""
    import duckdb

    connection = duckdb.connect()
    for line in sys.stdin:
        request = json.loads(line)
        if "export" in request:
            rows = export(connection, request["files"], request["to"], request["export"], request["header"])
            answer: dict[str, Any] = {"rows": rows}
        else:
            rows, values = quantiles(connection, request["files"], request["quantiles"], request["at"])
            answer = {"rows": rows, "values": values}
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
