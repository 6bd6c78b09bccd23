"""Labels that do not agree: how many judged rows they concern, and of how many ids."""

import duckdb

from jobs.database import single
from jobs.monitoring.settings import Settings
from jobs.names import KEY, VERSION


def disagreement(
    connection: duckdb.DuckDBPyConnection, settings: Settings, key: str, *, contradicts: str, agrees: str
) -> tuple[int, list[str]]:
    """How many judged rows have no label because labels of their id contradict each other; and notes.

    Args:
        key: what rows of the view ``served`` are joined to the table ``key_labels`` by, in SQL.
        contradicts: the column of ``key_labels`` that says whether labels contradict each other.
        agrees: the one that says whether all other columns are the same.
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
    if not some:  # the served rows need not be read again
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
