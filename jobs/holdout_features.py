"""The features of the holdout, from which the evaluate job judges clusters and embeddings.

The features job writes them beside the keys, because the evaluate job does not see the records.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from jobs.database import parquet
from jobs.program import to_sql
from jobs.serving.program import Program

if TYPE_CHECKING:
    from jobs.metrics.rows import Floats

FILE = "features.parquet"
TASKS = ("cluster", "embedding")
"""The tasks whose metrics compare answers with features."""


def features_query(program: Program, relation: str, order: str) -> str:
    """The SQL query of the features of a relation's rows, in the records' order."""
    names = ", ".join(f"f{number}" for number in range(len(program.steps)))
    place = f"row_number() OVER (ORDER BY {order})"
    return (
        f"SELECT {names} FROM ({to_sql(program, relation, leading=[place])}) "
        f"AS records(place, {names}) ORDER BY place"
    )


def read_features(connection: duckdb.DuckDBPyConnection, path: Path) -> "Floats":
    """The features, of shape (rows, features)."""
    import numpy as np  # not among the packages of the features job, which only writes them

    columns: dict[str, Any] = connection.execute(f"FROM {parquet(path)}").fetchnumpy()
    return np.column_stack([np.ma.filled(column.astype(np.float64), np.nan) for column in columns.values()])
