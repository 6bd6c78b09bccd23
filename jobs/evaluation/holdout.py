"""What the metrics of some tasks need of the holdout besides labels: groups, or features."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from jobs.database import parquet
from jobs.errors import InputError
from jobs.holdout_features import FILE, TASKS, read_features


def read_holdout(connection: duckdb.DuckDBPyConnection, keys: Path, task: str) -> dict[str, Any]:
    """The arguments of `ScoredRows` that the task needs, in the order of the answers.

    Args:
        keys: the file of the holdout's keys.

    Raises:
        InputError: when the features job has not written what the task needs.
    """
    if task == "ranking":
        query = (
            f"SELECT dense_rank() OVER (ORDER BY group_key) - 1 AS number FROM {parquet(keys)} ORDER BY row"
        )
        return {"groups": np.asarray(connection.execute(query).fetchnumpy()["number"], dtype=np.intp)}
    if task in TASKS:
        path = keys.with_name(FILE)
        if not path.is_file():
            raise InputError(f"No {FILE} beside {keys}: the features job writes it; run it again.")
        return {"features": read_features(connection, path)}
    return {}
