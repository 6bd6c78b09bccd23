"""What a model was trained on, column by column: what windows of served data are compared with.

The documents have the shape of SageMaker Model Monitor's ``statistics.json`` and ``constraints.json``, so
that a baseline made by it can be carried over. Buckets lie between quantiles here, so that each can say
something; the KLL sketch, which only Model Monitor reads, is left out. ``quantiles`` are ours.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
and model-monitor-byoc-constraints.html
"""

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.database import Connection, quoted, single
from jobs.errors import InputError
from jobs.names import internal
from jobs.seen_values import KEY, seen_values

VERSION = 0.0
BUCKETS = 10
CATEGORIES = 1000  # counted by name; what is rarer is counted together
DOMAIN = 100  # more values than this are no domain to hold a window to
EXACT_ROWS = 2_000_000  # beyond it quantiles are sketched, as exact ones hold a column in memory
COLUMNS_PER_QUERY = 20

# Shares of the rows whose quantiles are kept, besides the buckets' edges: even ones, and finer at both ends,
# where few rows reach far.
_EVEN, _FINEST = 5, 12
LEVELS = sorted(
    {step / 2**_EVEN for step in range(1, 2**_EVEN)}
    | {share for power in range(_EVEN + 1, _FINEST + 1) for share in (2.0**-power, 1 - 2.0**-power)}
)

MOMENTS = ("avg({v})", "sum({v})", "stddev_pop({v})")

SUMMABLE = (1e-140, 1e140)
"""Between which the largest value of a column must lie for its squares and their sum to be exact enough."""

INFERRED = {
    "number": "Fractional",
    "integer": "Integral",
    "category": "String",
    "boolean": "String",
    "text": "Unknown",
}
NUMERIC = {"Fractional", "Integral"}


NO_ROWS: Mapping[str, Any] = {"version": VERSION, "dataset": {"item_count": 0}, "features": []}
"""The document of no rows at all, which nothing can be compared with."""


def statistics(connection: Connection, relation: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """The document ``statistics.json`` of a relation's columns.

    Args:
        columns: name and kind of each ("number", "integer", "category", "boolean", "text"); a score is
            a number like others. Times are no distribution that holds, and are left out.

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
            (present,) = single(connection, f"SELECT count({quoted(name)}) FROM {relation}")
            feature["string_statistics"] = {"common": _common(int(str(present)), rows)}
        features.append(feature)
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
    """A column's numbers in SQL; what is none, or infinite, is missing."""
    value = f"TRY_CAST({quoted(name)} AS DOUBLE)"
    return f"CASE WHEN abs({value}) <= {double(sys.float_info.max)} THEN {value} END"


def double(value: float) -> str:
    """A number as an SQL literal that loses no digit, as a decimal one would."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def category(name: str) -> str:
    """A column's values as text in SQL."""
    return f"CAST({quoted(name)} AS VARCHAR)"


def counted_if(condition: str) -> str:
    """The rows that meet a condition, in SQL; half the time of a sum of cases, a sixteenth of FILTER's."""
    return f"coalesce(count_if({condition}), 0)"  # which is NULL of no rows


def quantiles(levels: Sequence[float], rows: int) -> str:
    """The values of ``{v}`` at these shares of its rows, in SQL; sketched where there are many rows."""
    return f"{'quantile_disc' if rows <= EXACT_ROWS else 'approx_quantile'}({{v}}, {list(levels)})"


def columns_at_once(rows: int) -> int:
    """So many columns a query: exact quantiles hold theirs in memory."""
    return max(1, min(COLUMNS_PER_QUERY, EXACT_ROWS // max(1, rows)))


def cleaned(relation: str, names: Sequence[str]) -> str:
    """The numbers of columns as a table in SQL, its columns named by `value_name`."""
    values = ", ".join(f"{number(name)} AS {value_name(place)}" for place, name in enumerate(names))
    return f"(SELECT {values} FROM {relation})"


def value_name(place: int) -> str:
    """The name of the column at a place of `cleaned`, in SQL."""
    return internal(f"value{place}")


def grouped(relation: str, name: str) -> str:
    """A column's values as text and how many rows have each, as a table in SQL: ``v`` and ``n``."""
    return f"(SELECT {category(name)}, count(*) FROM {relation} GROUP BY 1) AS grouped(v, n)"


def answers(
    connection: Connection, relation: str, expressions: Mapping[str, Sequence[str]], together: int
) -> Iterator[tuple[str, list[Any]]]:
    """Aggregates of number columns, so many columns a query; in ``asked``, a column's values are ``{v}``."""
    names = list(expressions)
    for start in range(0, len(names), together):
        some = names[start : start + together]
        parts = [
            part.format(v=value_name(place)) for place, name in enumerate(some) for part in expressions[name]
        ]
        if not parts:
            continue
        answer = list(single(connection, f"SELECT {', '.join(parts)} FROM {cleaned(relation, some)}"))
        for name in some:
            yield name, answer[: len(expressions[name])]
            del answer[: len(expressions[name])]


def exponent(lowest: float, highest: float) -> int:
    """The power of two that a column is divided by before its values are squared; 0 for usual ones."""
    largest = max(abs(lowest), abs(highest))
    if largest == 0 or SUMMABLE[0] <= largest <= SUMMABLE[1]:
        return 0
    return max(math.frexp(largest)[1], -1000)  # the inverse must be a number too


def scaled(value: float | None, power: int) -> float | None:
    """A value times a power of two; None where that is no finite number."""
    if value is None:
        return None
    try:
        return math.ldexp(value, power)
    except OverflowError:
        return None


def rescaled_moments(
    connection: Connection, relation: str, ranges: Mapping[str, tuple[float | None, float | None]]
) -> dict[str, list[float | None]]:
    """The `MOMENTS` of those columns whose values are too large, or too small, for sums of their squares.

    Args:
        ranges: the least and the largest value of each column; None for columns without values.

    Returns:
        None for what is no finite number, as the sum of the largest ones.
    """
    powers = {
        name: power
        for name, (lowest, highest) in ranges.items()
        if lowest is not None and highest is not None and (power := exponent(lowest, highest))
    }
    expressions = {
        name: [moment.format(v=f"{{v}} * {double(2.0**-power)}") for moment in MOMENTS]
        for name, power in powers.items()
    }
    return {
        name: [scaled(moment, powers[name]) for moment in row]
        for name, row in answers(connection, relation, expressions, COLUMNS_PER_QUERY)
    }


def _common(present: int, rows: int) -> dict[str, int]:
    return {"num_present": present, "num_missing": rows - present}


def _strings(connection: Connection, relation: str, name: str, rows: int) -> dict[str, Any]:
    counted = connection.execute(
        f"SELECT v, n, sum(n) OVER (), count(*) OVER () FROM {grouped(relation, name)} WHERE v IS NOT NULL "
        f"ORDER BY n DESC, v LIMIT {CATEGORIES}"
    ).fetchall()
    present, distinct = (int(total) for total in counted[0][2:]) if counted else (0, 0)
    document = {
        "common": _common(present, rows),
        "distinct_count": distinct,
        "distribution": {"categorical": {"buckets": [{"value": v, "count": n} for v, n, *_ in counted]}},
    }
    if distinct > len(counted):
        document[KEY] = seen_values(connection, grouped(relation, name), distinct).to_json()
    return document


def _numbers(
    connection: Connection, relation: str, names: Sequence[str], rows: int
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
    below = dict(answers(connection, relation, upto, COLUMNS_PER_QUERY))
    return {
        name: _numerical(summary, rescaled.get(name), inner[name], below.get(name, []), rows)
        for name, summary in summaries.items()
    }


def _edges(deciles: Sequence[float], lowest: float, highest: float) -> list[float]:
    """The edges between buckets, each of which is the last value of its bucket.

    A value that several deciles fall on gets a bucket of its own: otherwise rows below it would be counted
    together with it, and a rare value that replaced it would change nothing.
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
