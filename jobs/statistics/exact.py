"""Bit-for-bit reproducible statistics: they do not depend on the order in which threads process rows.

Floating point sums and quantile sketches depend on the order. Here sums are sums of integers. When there are
too many rows for exact quantiles, the bucket edges are the exact quantiles of a sample of the rows.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import duckdb

from jobs.database import single
from jobs.statistics import aggregates
from jobs.statistics.aggregates import double, exponent, number_table, scale, value_name
from jobs.statistics.baseline import INFERRED, statistics
from jobs.statistics.window import Compared, compare_columns

_HUGEINT_BITS = 126  # of a signed 128-bit integer, with one bit to spare
_MAX_POWER = 1000  # maximum exponent of two, so that the factor is finite


def exact_statistics(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str], some: str
) -> dict[str, Any]:
    """The document ``statistics.json`` of a relation; equal rows give an equal document.

    Args:
        columns: name and kind of each column, as in `statistics`.
        some: a relation with a sample of the rows, which must depend on the rows alone. It gives the bucket
            edges when there are more rows than `aggregates.EXACT_ROWS`.
    """
    (rows,) = single(connection, f"SELECT count(*) FROM {relation}")
    if int(str(rows)) <= aggregates.EXACT_ROWS:
        document = statistics(connection, relation, columns)
    else:
        document = _with_edges_of(connection, relation, columns, some)
    described = {
        feature["name"]: feature["numerical_statistics"]
        for feature in document["features"]
        if feature.get("numerical_statistics", {}).get("distribution")
    }
    for name, (mean, total, deviation) in _moments(connection, relation, described):
        described[name].update(mean=mean, sum=total, std_dev=deviation)
    return document


def _with_edges_of(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str], some: str
) -> dict[str, Any]:
    numeric = {name: kind for name, kind in columns.items() if kind in ("number", "integer")}
    others = {name: kind for name, kind in columns.items() if name not in numeric}
    document = statistics(connection, relation, others)
    part = statistics(connection, some, numeric)
    quantiles = {
        feature["name"]: feature["numerical_statistics"].get("quantiles") for feature in part["features"]
    }
    counted = compare_columns(connection, relation, part)
    features = {feature["name"]: feature for feature in document["features"]}
    features |= {
        column.name: {
            "name": column.name,
            "inferred_type": INFERRED[columns[column.name]],
            "numerical_statistics": _numerical(column, quantiles[column.name]),
        }
        for column in counted
    }
    return document | {"features": [features[name] for name in columns if name in features]}


def _numerical(column: Compared, quantiles: Mapping[str, Any] | None) -> dict[str, Any]:
    """A numeric column's statistics from its cells; the caller sets the moments.

    Args:
        quantiles: the quantiles of the sample; None when it has no value of the column.
    """
    present, missing = column.present[1], column.missing[1]
    document: dict[str, Any] = {"common": {"num_present": present, "num_missing": missing}}
    if not present:
        return document
    lowest, highest = column.facts["min"], column.facts["max"]
    counts, inner = [present], []
    if column.cells:
        # Values out of the sample's range belong to its first and last bucket.
        below, *counts, above = (int(after) for _, after in column.cells)
        counts[0] += below
        counts[-1] += above
        inner = list(column.edges[2:-2])
    edges = [lowest, *inner, highest]
    buckets = [
        {"lower_bound": low, "upper_bound": high, "count": count}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    moments: dict[str, Any] = {"mean": None, "sum": None, "std_dev": None, "min": lowest, "max": highest}
    if quantiles:
        moments["quantiles"] = quantiles
    return document | moments | {"distribution": {"kll": {"buckets": buckets}}}


def _moments(
    connection: duckdb.DuckDBPyConnection, relation: str, described: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, tuple[float | None, float | None, float | None]]]:
    """Mean, sum and standard deviation of each column, rounded once from exact sums.

    Values are divided by a power of two when their squares would overflow or underflow.
    """
    names = list(described)
    for start in range(0, len(names), aggregates.COLUMNS_PER_QUERY):
        some = {name: described[name] for name in names[start : start + aggregates.COLUMNS_PER_QUERY]}
        powers = [exponent(facts["min"], facts["max"]) for facts in some.values()]
        values = [
            f"({value_name(place)} * {double(2.0**-power)})" if power else value_name(place)
            for place, power in enumerate(powers)
        ]
        bounds = [
            (math.ldexp(facts["min"], -power), math.ldexp(facts["max"], -power))
            for facts, power in zip(some.values(), powers, strict=True)
        ]
        rows = [facts["common"]["num_present"] for facts in some.values()]
        largest = [max(abs(low), abs(high)) for low, high in bounds]
        table = number_table(relation, list(some))
        totals = _summed(connection, table, values, largest, rows)
        means = [float(total / count) for total, count in zip(totals, rows, strict=True)]
        differences = [f"({value} - {double(mean)})" for value, mean in zip(values, means, strict=True)]
        squares = [f"{difference} * {difference}" for difference in differences]
        widest = [(high - low) ** 2 for low, high in bounds]
        summed = _summed(connection, table, squares, widest, rows)
        deviations = [math.sqrt(total / count) for total, count in zip(summed, rows, strict=True)]
        for name, power, mean, total, deviation in zip(some, powers, means, totals, deviations, strict=True):
            yield name, (scale(mean, power), _finite(total * Fraction(2) ** power), scale(deviation, power))


def _finite(value: Fraction) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _summed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    terms: Sequence[str],
    largest: Sequence[float],
    rows: Sequence[int],
) -> list[Fraction]:
    """The sum of each term, computed with integers: multiples of a sufficiently small power of two.

    Args:
        terms: SQL expressions over the columns of ``table``.
        largest: an upper bound of each term's absolute value.
        rows: the number of values of each column.
    """
    powers = [
        min(_MAX_POWER, _HUGEINT_BITS - count.bit_length() - math.frexp(bound)[1])
        for count, bound in zip(rows, largest, strict=True)
    ]
    sums = [
        f"sum(CAST({term} * {double(2.0**power)} AS HUGEINT))"
        for term, power in zip(terms, powers, strict=True)
    ]
    row = single(connection, f"SELECT {', '.join(sums)} FROM {table}")
    return [
        Fraction(int(str(total))) / Fraction(2) ** power for total, power in zip(row, powers, strict=True)
    ]
