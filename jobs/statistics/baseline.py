"""The baseline: statistics of a model's training data by column. Windows of served data are compared with it.

The documents have the format of SageMaker Model Monitor's ``statistics.json`` and ``constraints.json``, so
that its baselines can be used here. Bucket edges are quantiles here, so that each bucket has enough rows. The
KLL sketch, which only Model Monitor reads, is left out. ``quantiles`` is an addition of this project.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
and model-monitor-byoc-constraints.html
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.database import SqlConnection, quote, single
from jobs.errors import InputError
from jobs.seen_values import KEY, seen_values
from jobs.statistics.aggregates import (
    MOMENTS,
    answers,
    columns_at_once,
    counted_if,
    double,
    quantiles,
    rescaled_moments,
    value_counts,
)

VERSION = 0.0
BUCKETS = 10
CATEGORIES = 1000  # the most frequent ones, counted by name; the others are counted together
DOMAIN = 100  # a column with more values gets no domain constraint

# The levels of the stored quantiles: evenly spaced, and finer at both ends, where outliers are.
_EVEN, _FINEST = 5, 12
LEVELS = sorted(
    {step / 2**_EVEN for step in range(1, 2**_EVEN)}
    | {share for power in range(_EVEN + 1, _FINEST + 1) for share in (2.0**-power, 1 - 2.0**-power)}
)

INFERRED = {
    "number": "Fractional",
    "integer": "Integral",
    "category": "String",
    "boolean": "String",
    "text": "Unknown",
}
NUMERIC = {"Fractional", "Integral"}


NO_ROWS: Mapping[str, Any] = {"version": VERSION, "dataset": {"item_count": 0}, "features": []}
"""The document ``statistics.json`` of no rows; nothing can be compared with it."""


def statistics(connection: SqlConnection, relation: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """The document ``statistics.json`` of a relation's columns.

    Args:
        columns: name and kind of each column ("number", "integer", "category", "boolean", "text"; a score
            is a number). Timestamps are left out, as their distribution always changes.

    Raises:
        InputError: when there are no rows.
    """
    (counted,) = single(connection, f"SELECT count(*) FROM {relation}")
    rows = int(str(counted))
    if not rows:
        raise InputError("The baseline has no rows: give the training and holdout data.")
    inferred = {name: INFERRED[kind] for name, kind in columns.items() if kind in INFERRED}
    numbers = _numbers(
        connection, relation, [name for name, kind in inferred.items() if kind in NUMERIC], rows
    )
    features: list[dict[str, Any]] = []
    for name, kind in inferred.items():
        feature: dict[str, Any] = {"name": name, "inferred_type": kind}
        if name in numbers:
            feature["numerical_statistics"] = numbers[name]
        elif kind == "String":
            feature["string_statistics"] = _strings(connection, relation, name, rows)
        else:
            (present,) = single(connection, f"SELECT count({quote(name)}) FROM {relation}")
            feature["string_statistics"] = {"common": _common(int(str(present)), rows)}
        features.append(feature)
    return {"version": VERSION, "dataset": {"item_count": rows}, "features": features}


def constraints(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """The document ``constraints.json`` with constraints suggested from ``statistics.json``."""
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


def _common(present: int, rows: int) -> dict[str, int]:
    return {"num_present": present, "num_missing": rows - present}


def _strings(connection: SqlConnection, relation: str, name: str, rows: int) -> dict[str, Any]:
    counted = connection.execute(
        f"SELECT v, n, sum(n) OVER (), count(*) OVER () FROM {value_counts(relation, name)} "
        f"WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {CATEGORIES}"
    ).fetchall()
    present, distinct = (int(total) for total in counted[0][2:]) if counted else (0, 0)
    document = {
        "common": _common(present, rows),
        "distinct_count": distinct,
        "distribution": {"categorical": {"buckets": [{"value": v, "count": n} for v, n, *_ in counted]}},
    }
    if distinct > len(counted):
        document[KEY] = seen_values(connection, value_counts(relation, name), distinct).to_json()
    return document


def _numbers(
    connection: SqlConnection, relation: str, names: Sequence[str], rows: int
) -> dict[str, dict[str, Any]]:
    steps = [round(step / BUCKETS, 6) for step in range(1, BUCKETS)]
    summary = ["count({v})", "min({v})", "max({v})", *MOMENTS, quantiles([*steps, *LEVELS], rows)]
    summaries = dict(answers(connection, relation, dict.fromkeys(names, summary), columns_at_once(rows)))
    ranges = {name: (lowest, highest) for name, (_, lowest, highest, *_) in summaries.items()}
    rescaled = rescaled_moments(connection, relation, ranges)
    inner = {
        name: _edges((values or [])[: len(steps)], lowest, highest)
        for name, (_, lowest, highest, *_, values) in summaries.items()
    }
    upto = {
        name: [counted_if(f"{{v}} <= {double(edge)}") for edge in edges]
        for name, edges in inner.items()
        if edges
    }
    below = dict(answers(connection, relation, upto))
    return {
        name: _numerical(summary, rescaled.get(name), inner[name], below.get(name, []), rows)
        for name, summary in summaries.items()
    }


def _edges(deciles: Sequence[float], lowest: float, highest: float) -> list[float]:
    """The inner bucket edges; each edge is the upper bound of its bucket, inclusive.

    A value that equals several deciles gets its own bucket. Otherwise it would share a bucket with the values
    just below it, and drift from this value to one of those would not be detected.
    """
    frequent = {value for value, times in Counter(deciles).items() if times > 1}
    edges = {*deciles, *(math.nextafter(value, -math.inf) for value in frequent)}
    return sorted(edge for edge in edges if lowest <= edge < highest)


def _numerical(
    summary: Sequence[Any],
    rescaled: Sequence[float | None] | None,
    inner: Sequence[float],
    below: Sequence[int],
    rows: int,
) -> dict[str, Any]:
    present, lowest, highest, *moments, values = summary
    mean, total, deviation = rescaled or moments
    document: dict[str, Any] = {"common": _common(present, rows)}
    if not present:
        return document
    edges, cumulated = [lowest, *inner, highest], [0, *below, present]
    return document | {
        "mean": mean,
        "sum": total,
        "std_dev": deviation,
        "min": lowest,
        "max": highest,
        "quantiles": {"levels": LEVELS, "values": list(values[-len(LEVELS) :])},
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
