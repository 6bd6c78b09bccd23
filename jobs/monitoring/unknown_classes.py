"""Counts labels of classes that the model does not have."""

import duckdb

from jobs.database import single
from jobs.names import VERSION

SHOWN = 3


def view_unknown(connection: duckdb.DuckDBPyConnection, labels: str) -> None:
    """Create the view ``unknown_labels`` of labels that have a text and no number.

    Args:
        labels: the SQL query of each label's key, its text and its number.
    """
    connection.execute(
        f"CREATE TEMP VIEW unknown_labels AS SELECT key, text FROM ({labels}) AS labels(key, text, number) "
        "WHERE key IS NOT NULL AND nullif(text, '') IS NOT NULL AND number IS NULL"
    )


def unknown_classes(connection: duckdb.DuckDBPyConnection, key: str, version: int) -> list[str]:
    """A note on the judged rows whose labels are of unknown classes; empty without such rows.

    Args:
        key: the SQL expression of a served row's join key.
    """
    rows, classes, shown = single(
        connection,
        f"SELECT count(DISTINCT key), count(DISTINCT text), list(DISTINCT text ORDER BY text)[:{SHOWN}] "
        f"FROM unknown_labels WHERE key IN (SELECT {key} FROM served WHERE {VERSION} = {version})",
    )
    if not rows or not isinstance(shown, list):
        return []
    count, more = int(str(rows)), int(str(classes)) - len(shown)
    named = ", ".join(map(repr, shown)) + (f" and {more} more" if more else "")
    return [
        f"{count:,} {'row has a label' if count == 1 else 'rows have labels'} of a class that the model does "
        f"not have ({named}): left out of accuracy. If it is a new class, add it to dataset.classes and "
        "train again."
    ]
