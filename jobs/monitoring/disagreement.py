"""Counts the rows and ids whose labels do not agree."""

import duckdb

from jobs.database import single
from jobs.monitoring.settings import Settings
from jobs.names import KEY, VERSION


def disagreement(
    connection: duckdb.DuckDBPyConnection, settings: Settings, key: str, *, contradicts: str, agrees: str
) -> tuple[int, list[str]]:
    """The number of rows without a label because labels of their id contradict each other, and notes.

    Args:
        key: the SQL expression that joins rows of the view ``served`` to the table ``key_labels``.
        contradicts: the boolean column of ``key_labels``: labels contradict each other.
        agrees: the boolean column of ``key_labels``: all other columns are equal.
    """
    notes = []
    rows, ids = _concerned(connection, settings, key, f"NOT {agrees} AND NOT {contradicts}")
    if rows:
        notes.append(
            f"{_number(rows, 'row')} of {_number(ids, 'id')} have labels whose other columns do not agree: "
            "not compared offline. Let rows of labels come once, or the same again."
        )
    rows, ids = _concerned(connection, settings, key, contradicts)
    if rows:
        notes.append(
            f"{_number(rows, 'row')} of {_number(ids, 'id')} are left out of accuracy, because labels of one "
            "id contradict each other."
        )
    return rows, notes


def _concerned(
    connection: duckdb.DuckDBPyConnection, settings: Settings, key: str, condition: str
) -> tuple[int, int]:
    (some,) = single(connection, f"SELECT count(*) FROM key_labels WHERE {condition}")
    if not some:  # avoids reading the served rows again
        return 0, 0
    rows, keys = single(
        connection,
        f"SELECT count(*), count(DISTINCT key_labels.{KEY}) "
        f"FROM served JOIN key_labels ON key_labels.{KEY} = {key} "
        f"WHERE {condition} AND served.{VERSION} = {settings.package.version}",
    )
    return int(str(rows)), int(str(keys))


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
