"""What metrics and their intervals need of the holdout besides labels: groups of rows, or features."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from jobs.database import parquet
from jobs.errors import InputError
from jobs.holdout_features import FILE, TASKS, read_features


def read_holdout(connection: duckdb.DuckDBPyConnection, keys: Path, task: str) -> dict[str, Any]:
    """The arguments of `ScoredRows` that the task and the split need, in the order of the answers.

    Args:
        keys: the file of the holdout's keys. Rows with the same `split_group` depend on each other; a row
            without one stands for itself.

    Raises:
        InputError: when the features job has not written what the task needs.
    """
    held = [str(row[0]) for row in connection.execute(f"DESCRIBE FROM {parquet(keys)}").fetchall()]
    arguments: dict[str, Any] = {}
    if "split_group" in held:
        unit = "coalesce('group' || split_group, 'row' || CAST(row AS VARCHAR))"
        arguments["units"] = _numbered(connection, keys, unit)
    if task == "ranking":
        arguments["groups"] = _numbered(connection, keys, "group_key")
    if task in TASKS:
        path = keys.with_name(FILE)
        if not path.is_file():
            raise InputError(f"No {FILE} beside {keys}: the features job writes it; run it again.")
        arguments["features"] = read_features(connection, path)
    return arguments


def _numbered(connection: duckdb.DuckDBPyConnection, keys: Path, unit: str) -> npt.NDArray[np.intp]:
    """The number of each row's unit, from 0."""
    query = f"SELECT dense_rank() OVER (ORDER BY {unit}) - 1 AS number FROM {parquet(keys)} ORDER BY row"
    return np.asarray(connection.execute(query).fetchnumpy()["number"], dtype=np.intp)


def dependent_rows(units: npt.NDArray[np.intp] | None, split: Mapping[str, Any] | None) -> list[str]:
    """A note on how intervals take rows that depend on each other.

    Args:
        units: the number of each row's unit, from 0; None for independent rows.
        split: what the features job's manifest says of the split, if it is known.
    """
    if units is None or not len(units):
        return []
    name = ((split or {}).get("split") or {}).get("group")
    return [
        f"Rows with the same {repr(name) if name else 'group'} depend on each other: intervals, the "
        "importance of columns and the comparison with the champion resample the holdout's "
        f"{int(units.max()) + 1:,} groups. Intervals of segments and of the calibration take rows as "
        "independent."
    ]
