"""The values of the holdout's rows by which the evaluate job measures the model in segments.

The features job writes them beside the keys, because the evaluate job does not see raw rows.
"""

from collections.abc import Sequence

import duckdb

from jobs.database import quote, single
from jobs.values import text_of
from mdlc_constructs.settings.payloads.dataset import DatasetSection

FILE = "segments.parquet"
MAX_COLUMNS, MAX_VALUES = 8, 20


def segment_columns(
    connection: duckdb.DuckDBPyConnection, relation: str, dataset: DatasetSection
) -> list[str]:
    """The first feature columns, of categories or booleans, with 2 to `MAX_VALUES` values in the relation."""
    chosen = []
    for name in dataset.features:
        if dataset.columns[name] not in ("category", "boolean"):
            continue
        # NULL counts as a value: rows without one are a segment too.
        values = f"count(DISTINCT {quote(name)}) + max(CAST({quote(name)} IS NULL AS INTEGER))"
        (distinct,) = single(connection, f"SELECT {values} FROM {quote(relation)}")
        if 2 <= int(str(distinct)) <= MAX_VALUES:
            chosen.append(name)
        if len(chosen) == MAX_COLUMNS:
            break
    return chosen


def values_query(dataset: DatasetSection, relation: str, order: str, columns: Sequence[str]) -> str:
    """The SQL query of the columns' values as text, a row for each record, in the records' order."""
    values = ", ".join(
        f"{text_of('raw.' + quote(name), dataset.columns[name])} AS {quote(name)}" for name in columns
    )
    return f"SELECT {values} FROM {quote(relation)} AS raw ORDER BY {order}"
