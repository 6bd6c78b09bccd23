"""Training-serving skew of each feature: the served values compared with the same rows' offline values.

The feature program is the same in training and serving, so only its inputs can differ.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from jobs.database import quote, single
from jobs.monitoring.labels import JoinedLabels
from jobs.monitoring.rows import Served
from jobs.names import KNOWN
from jobs.values import mean_of

MISMATCH_SHARE = 0.01
STANDARD_DEVIATIONS = 0.1
"""A feature is skewed when its share of differing rows, or its mean difference, is at least this."""

_NEARLY = "CAST('1e-6' AS DOUBLE)"  # relative tolerance: a number that is written with fewer digits is equal


def skew(
    connection: duckdb.DuckDBPyConnection,
    features: Mapping[str, str],
    served: Served,
    labels: JoinedLabels,
    statistics: Mapping[str, Any],
) -> dict[str, Any] | None:
    """The section ``skew`` of the summary; None when labels are not full rows.

    ``mismatch_share`` is the share of rows whose values differ, or of which only one side has a value.
    ``mean_difference`` is the mean of served minus offline over rows where both have a value;
    ``in_standard_deviations`` is the same in standard deviations of the baseline. Both are null for columns
    that are not numeric.

    Args:
        features: the raw columns that the model reads, with declared types.
    """
    offline = labels.offline or {}
    compared = [name for name in features if name in offline]
    if not compared:
        return None
    (rows,) = single(connection, f"SELECT count(*) FROM judged WHERE {KNOWN}")
    deviations = _deviations(statistics)
    differences: dict[str, dict[str, float | None]] = {}
    for name in compared if rows else ():
        there = quote(name) if name in served.sent else "NULL"
        differences[name] = _feature(connection, there, offline[name], features[name], deviations.get(name))
    skewed = [name for name, numbers in differences.items() if _beyond(numbers)]
    return {"rows_compared": int(str(rows)), "features": differences, "skewed": skewed}


def _deviations(statistics: Mapping[str, Any]) -> dict[str, float]:
    return {
        feature["name"]: feature["numerical_statistics"].get("std_dev") or 0.0
        for feature in statistics["features"]
        if "numerical_statistics" in feature
    }


def _feature(
    connection: duckdb.DuckDBPyConnection, served: str, offline: str, kind: str, deviation: float | None
) -> dict[str, float | None]:
    numeric = kind in ("number", "integer")
    mean = "NULL"
    differs = f"{served} IS DISTINCT FROM {offline}"
    if numeric:
        left, right = f"CAST({served} AS DOUBLE)", f"CAST({offline} AS DOUBLE)"
        mean = mean_of(f"({left} - {right})")
        near = f"abs({left} - {right}) <= {_NEARLY} * greatest(abs({left}), abs({right}))"
        differs = f"({differs}) AND NOT coalesce({near}, false)"
    share, difference = single(
        connection,
        f"SELECT avg(CASE WHEN {differs} THEN 1.0 ELSE 0.0 END), {mean} FROM judged WHERE {KNOWN}",
    )
    gap = None if difference is None else float(str(difference))
    return {
        "mismatch_share": float(str(share)),
        "mean_difference": gap,
        "in_standard_deviations": gap / deviation if gap is not None and deviation else None,
    }


def _beyond(numbers: Mapping[str, float | None]) -> bool:
    share, deviations = numbers["mismatch_share"] or 0.0, numbers["in_standard_deviations"] or 0.0
    return share >= MISMATCH_SHARE or abs(deviations) >= STANDARD_DEVIATIONS
