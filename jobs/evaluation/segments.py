"""The main metric of the holdout's segments: the rows with one value of a feature column.

The statistics are those of monitoring (see `jobs.monitoring.segments`), so that a segment's metric here can
be compared with that of a window.
"""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from jobs.database import literal, parquet, quote
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.segments import METRICS, MISSING, Segment, judge_segments, not_compared
from jobs.segment_values import FILE

MIN_ROWS = 50


def read_segments(
    connection: duckdb.DuckDBPyConnection, keys: Path, scored: ScoredRows
) -> tuple[list[Segment], list[str]]:
    """All segments that can be measured, worst first, and a note when others are left out.

    A segment is left out when it has fewer than `MIN_ROWS` rows, or one class only.

    Args:
        keys: the folder of the holdout's keys, with the values of the segments' columns.
        scored: all rows of the holdout with the challenger's scores.
    """
    path = (keys if keys.is_dir() else keys.parent) / FILE
    if not path.is_file():
        return [], []
    if scored.task not in METRICS:
        return [], [f"Segments are not measured of a {scored.task} task."]
    table = parquet(path)
    described = connection.execute(f"DESCRIBE FROM {table}").fetchall()
    groups: list[tuple[str, str, ScoredRows]] = []
    small = 0
    for name in (str(row[0]) for row in described):
        values, places = _values(connection, table, name)
        for place, value in enumerate(values):
            held = np.flatnonzero(places == place + 1)
            if len(held) < MIN_ROWS:
                small += 1
                continue
            groups.append((name, value, scored.take(held)))
    segments = judge_segments(groups, scored.task)
    left_out = small + len(groups) - len(segments)
    notes = not_compared(segments, scored.task)
    if not left_out:
        return segments, notes
    return segments, [
        *notes,
        f"Segments left out, as they have fewer than {MIN_ROWS} rows or one class only: {left_out}.",
    ]


def _values(
    connection: duckdb.DuckDBPyConnection, table: str, name: str
) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]]]:
    """A column's values in order, and for each row the number of its value, from 1."""
    value = f"coalesce({quote(name)}, {literal(MISSING)})"
    distinct = connection.execute(f"SELECT DISTINCT {value} FROM {table} ORDER BY 1").fetchall()
    values = [str(row[0]) for row in distinct]
    listed = ", ".join(map(literal, values))
    query = f"SELECT list_position([{listed}], {value}) AS place FROM {table}"
    return values, np.asarray(connection.execute(query).fetchnumpy()["place"], dtype=np.int64)
