"""What a model was trained on, column by column: what windows of served data are compared with.

The documents have the shape of SageMaker Model Monitor's ``statistics.json`` and ``constraints.json``, so
that a baseline made by it can be carried over. Buckets lie between quantiles here, so that each can say
something; the KLL sketch, which only Model Monitor reads, is left out.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
and model-monitor-byoc-constraints.html
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from jobs.database import quoted, single
from jobs.errors import InputError

VERSION = 0.0
BUCKETS = 10
CATEGORIES = 1000  # counted by name; what is rarer is counted together
DOMAIN = 100  # more values than this are no domain to hold a window to
EXACT_ROWS = 2_000_000  # beyond it quantiles are sketched, as exact ones hold a column in memory

LARGEST = "1e140"  # squares of more, summed for the deviation, overflow and stop DuckDB

INFERRED = {
    "number": "Fractional",
    "integer": "Integral",
    "category": "String",
    "boolean": "String",
    "text": "Unknown",
}


def statistics(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]
) -> dict[str, Any]:
    """The document ``statistics.json`` of a relation's columns.

    :param columns: name and kind of each ("number", "integer", "category", "boolean", "text"); a score is
        a number like others. Times are no distribution that holds, and are left out.
    :raises InputError: when there are no rows.
    """
    (counted,) = single(connection, f"SELECT count(*) FROM {relation}")
    rows = int(str(counted))
    if not rows:
        raise InputError("The baseline has no rows: give the training and holdout data.")
    features = [
        _feature(connection, relation, name, kind, rows) for name, kind in columns.items() if kind in INFERRED
    ]
    return {"version": VERSION, "dataset": {"item_count": rows}, "features": features}


def constraints(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """The document ``constraints.json`` that suggests itself from ``statistics.json``."""
    return {
        "version": VERSION,
        "features": [_constraint(feature) for feature in statistics["features"]],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 0.1,
            "domain_content_threshold": 0.1,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": 0.1,
                "categorical_drift_method": "LInfinity",
            },
        },
    }


def number(name: str) -> str:
    """A column's numbers in SQL; what is none, or infinite, or so large that its square were, is missing."""
    value = f"TRY_CAST({quoted(name)} AS DOUBLE)"
    return f"CASE WHEN abs({value}) <= {LARGEST} THEN {value} END"


def double(value: float) -> str:
    """A number as an SQL literal that loses no digit, as a decimal one would."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def category(name: str) -> str:
    """A column's values as text in SQL."""
    return f"CAST({quoted(name)} AS VARCHAR)"


def counted_if(condition: str) -> str:
    """The rows that meet a condition, in SQL; as a sum, it takes an eighth of the time of FILTER here."""
    return f"CAST(coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0) AS BIGINT)"


def _feature(
    connection: duckdb.DuckDBPyConnection, relation: str, name: str, kind: str, rows: int
) -> dict[str, Any]:
    inferred = INFERRED[kind]
    feature: dict[str, Any] = {"name": name, "inferred_type": inferred}
    if inferred == "String":
        feature["string_statistics"] = _strings(connection, relation, name, rows)
    elif inferred == "Unknown":
        (present,) = single(connection, f"SELECT count({quoted(name)}) FROM {relation}")
        feature["string_statistics"] = {"common": _common(int(str(present)), rows)}
    else:
        feature["numerical_statistics"] = _numbers(connection, relation, name, rows)
    return feature


def _common(present: int, rows: int) -> dict[str, int]:
    return {"num_present": present, "num_missing": rows - present}


def _strings(connection: duckdb.DuckDBPyConnection, relation: str, name: str, rows: int) -> dict[str, Any]:
    grouped = f"(SELECT {category(name)} AS v, count(*) AS n FROM {relation} GROUP BY 1)"
    present, distinct = single(
        connection, f"SELECT coalesce(sum(n), 0)::BIGINT, count(*) FROM {grouped} WHERE v IS NOT NULL"
    )
    buckets = connection.execute(
        f"SELECT v, n FROM {grouped} WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {CATEGORIES}"
    ).fetchall()
    return {
        "common": _common(int(str(present)), rows),
        "distinct_count": int(str(distinct)),
        "distribution": {"categorical": {"buckets": [{"value": v, "count": n} for v, n in buckets]}},
    }


def _numbers(connection: duckdb.DuckDBPyConnection, relation: str, name: str, rows: int) -> dict[str, Any]:
    values = f"(SELECT {number(name)} AS v FROM {relation})"
    steps = [round(step / BUCKETS, 6) for step in range(1, BUCKETS)]
    quantile = "quantile_disc" if rows <= EXACT_ROWS else "approx_quantile"
    present, mean, total, deviation, lowest, highest, quantiles = connection.execute(
        "SELECT count(v), avg(v), sum(v), stddev_pop(v), min(v), max(v), "
        f"{quantile}(v, {steps}) FROM {values}"
    ).fetchall()[0]
    document: dict[str, Any] = {"common": _common(present, rows)}
    if not present:
        return document
    # A value that many rows have is one edge, however many quantiles fall on it.
    inner = sorted({edge for edge in quantiles if lowest <= edge < highest})
    upto = ", ".join(counted_if(f"v <= {double(edge)}") for edge in inner) or "0"
    below = connection.execute(f"SELECT {upto} FROM {values}").fetchall()[0][: len(inner)]
    edges, cumulated = [lowest, *inner, highest], [0, *below, present]
    return document | {
        "mean": mean,
        "sum": total,
        "std_dev": deviation,
        "min": lowest,
        "max": highest,
        "distribution": {
            "kll": {
                "buckets": [
                    {
                        "lower_bound": edges[i],
                        "upper_bound": edges[i + 1],
                        "count": cumulated[i + 1] - cumulated[i],
                    }
                    for i in range(len(edges) - 1)
                ]
            }
        },
    }


def _constraint(feature: Mapping[str, Any]) -> dict[str, Any]:
    numbers, strings = feature.get("numerical_statistics"), feature.get("string_statistics")
    common = (numbers or strings or {})["common"]
    present, missing = common["num_present"], common["num_missing"]
    constraint: dict[str, Any] = {
        "name": feature["name"],
        "inferred_type": feature["inferred_type"],
        "completeness": present / (present + missing),
    }
    if numbers and present:
        constraint["num_constraints"] = {"is_non_negative": numbers["min"] >= 0}
    if strings and 0 < strings.get("distinct_count", 0) <= DOMAIN:
        buckets = strings["distribution"]["categorical"]["buckets"]
        constraint["string_constraints"] = {"domains": sorted(bucket["value"] for bucket in buckets)}
    return constraint
