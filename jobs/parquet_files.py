"""Reads the columns of a Parquet file from its footer."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from jobs.database import file_name, literal, parquet
from jobs.errors import UnreadableError
from jobs.host import host_error


def footer(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns' original names and DuckDB's type names, in order; both empty for an empty file.

    Raises:
        UnreadableError: when the file's footer cannot be read.
    """
    if path.stat().st_size == 0:
        return (), ()
    try:
        described = connection.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()
        schema = connection.execute(
            f"SELECT name, num_children FROM parquet_schema({literal(file_name(path))})"
        ).fetchall()
    except duckdb.Error as error:
        if not of_content(error):
            raise
        raise UnreadableError("its footer cannot be read") from error
    return _top_names(schema), tuple(row[1] for row in described)


def of_content(error: duckdb.Error) -> bool:
    """Whether an error of DuckDB is caused by a file's content, not by the machine or the query."""
    # A file that is not Parquet raises the base class.
    blamed = type(error) is duckdb.Error or isinstance(
        error,
        duckdb.InvalidInputException
        | duckdb.ConversionException
        | duckdb.OutOfRangeException
        | duckdb.IOException,
    )
    return blamed and host_error(error) is None


def _top_names(schema: Sequence[tuple[str, int | None]]) -> tuple[str, ...]:
    """The columns' original names: DuckDB renames columns whose names are equal or differ only by case.

    The schema begins with the root, and lists a nested column's children after it.
    """
    names = []
    place = 1
    while place < len(schema):
        names.append(str(schema[place][0]))
        left = 1
        while left and place < len(schema):
            left += (schema[place][1] or 0) - 1
            place += 1
    return tuple(names)
