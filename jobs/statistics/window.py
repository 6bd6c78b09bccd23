"""Counts of a window's served data in the baseline's buckets and categories. Drift is computed from these.

The counts are small, so they are stored and need not be computed again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.database import SqlConnection, literal, quote, single
from jobs.seen_values import KEY, MAX_USED, SeenValues, bucket
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
from jobs.statistics.divergence import Cell

NEW_CATEGORIES = 20  # maximum number of new categories that are counted by name, the most frequent ones


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The counts of one column in baseline and window; every pair is (baseline, window).

    ``cells`` are pairs of row counts. Of a numeric column they are the buckets in order, with values below
    and above the baseline's range in the first and the last cell. Of categories they are in the order of
    ``values``, then ``new``, then one cell for all others.
    """

    name: str
    kind: str  # "numbers", "categories" or "presence"
    present: tuple[int, int]
    missing: tuple[int, int]
    cells: tuple[Cell, ...] = ()
    edges: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()  # of the quantiles, from 0 to 1; empty when the baseline has none
    quantiles: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())  # the baseline's and the window's
    values: tuple[str, ...] = ()
    distinct: int = 0  # categories of the baseline, listed or not
    unseen: int | None = None  # window rows of categories that are not in the baseline; None when unknown
    missed: float = 0.0  # expected share of such rows that `unseen` does not count (false positives)
    singletons: int = 0  # categories of one row in the baseline
    unlisted: Cell | None = None  # most frequent other category: at most so many baseline rows, window rows
    new: tuple[str, ...] = ()
    facts: Mapping[str, float | None] = field(default_factory=dict)
    gone: bool = False  # the window has no such column


def compare_columns(
    connection: SqlConnection, relation: str, statistics: Mapping[str, Any]
) -> list[Compared]:
    """The counts of every column of ``statistics.json`` in baseline and window.

    Args:
        relation: the window as an SQL relation.
        statistics: the content of ``statistics.json``.
    """
    (counted,) = single(connection, f"SELECT count(*) FROM {relation}")
    rows = int(str(counted))
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    there = {str(column[0]) for column in described}
    features = [feature for feature in statistics["features"] if feature["name"] in there]
    numeric = [feature for feature in features if "numerical_statistics" in feature]
    by_name = {item.name: item for item in _numbers(connection, relation, numeric, rows)}
    for feature in features:
        name = feature["name"]
        if name not in by_name:
            by_name[name] = _strings(connection, relation, feature, rows)
    return [by_name.get(feature["name"]) or _gone(feature, rows) for feature in statistics["features"]]


def _gone(feature: Mapping[str, Any], rows: int) -> Compared:
    common = _common(feature)
    return Compared(
        name=feature["name"],
        kind="presence",
        present=(common["num_present"], 0),
        missing=(common["num_missing"], rows),
        gone=True,
    )


def _common(feature: Mapping[str, Any]) -> Mapping[str, int]:
    document = feature.get("numerical_statistics") or feature.get("string_statistics") or {}
    common: Mapping[str, int] = document["common"]
    return common


def _numbers(
    connection: SqlConnection, relation: str, features: Sequence[Mapping[str, Any]], rows: int
) -> Iterator[Compared]:
    named = {feature["name"]: feature for feature in features}
    expressions = {name: _asked(feature, rows) for name, feature in named.items()}
    counted = dict(answers(connection, relation, expressions, columns_at_once(rows)))
    ranges = {name: (lowest, highest) for name, (_, lowest, highest, *_) in counted.items()}
    rescaled = rescaled_moments(connection, relation, ranges)
    for name, answer in counted.items():
        yield _counted(named[name], answer, rescaled.get(name), rows)


def _buckets(feature: Mapping[str, Any]) -> list[Mapping[str, float]]:
    distribution = feature["numerical_statistics"].get("distribution") or {}
    return list((distribution.get("kll") or {}).get("buckets") or [])


def _quantiles(feature: Mapping[str, Any]) -> tuple[Sequence[float], Sequence[float]]:
    document = feature["numerical_statistics"].get("quantiles") or {}
    return document.get("levels") or (), document.get("values") or ()


def _asked(feature: Mapping[str, Any], rows: int) -> list[str]:
    parts = ["count({v})", "min({v})", "max({v})", *MOMENTS]
    levels = _quantiles(feature)[0]
    parts.append(quantiles(levels, rows) if levels else "NULL")
    buckets = _buckets(feature)
    if buckets:
        lowest, highest = buckets[0]["lower_bound"], buckets[-1]["upper_bound"]
        parts += [counted_if(f"{{v}} < {double(lowest)}"), counted_if(f"{{v}} <= {double(highest)}")]
        parts += [counted_if(f"{{v}} <= {double(bucket['upper_bound'])}") for bucket in buckets[:-1]]
    return parts


def _counted(
    feature: Mapping[str, Any], answer: Sequence[Any], rescaled: Sequence[float | None] | None, rows: int
) -> Compared:
    common, buckets = _common(feature), _buckets(feature)
    present, lowest, highest, *moments, values = answer[: 4 + len(MOMENTS)]
    upto = answer[4 + len(MOMENTS) :]
    mean, _, deviation = rescaled or moments
    cells: list[Cell] = []
    edges: list[float] = []
    if buckets:
        below, within, *inner = upto
        cumulated = [below, *inner, within]
        cells = [(0, below)]
        cells += [
            (bucket["count"], after - before)
            for bucket, before, after in zip(buckets, cumulated, cumulated[1:], strict=False)
        ]
        cells.append((0, present - within))
        edges = [buckets[0]["lower_bound"], *(bucket["upper_bound"] for bucket in buckets)]
        first, last = edges[0], edges[-1]
        edges = [
            first if lowest is None else min(first, lowest),
            *edges,
            last if highest is None else max(last, highest),
        ]
    levels, known = _quantiles(feature)
    both = ((edges[1], *known, edges[-2]), (lowest, *values, highest)) if edges and values else ((), ())
    return Compared(
        name=feature["name"],
        kind="numbers",
        present=(common["num_present"], present),
        missing=(common["num_missing"], rows - present),
        cells=tuple(cells),
        edges=tuple(edges),
        levels=(0.0, *levels, 1.0) if both[0] else (),
        quantiles=both,
        facts={"min": lowest, "max": highest, "mean": mean, "std_dev": deviation},
    )


def _strings(connection: SqlConnection, relation: str, feature: Mapping[str, Any], rows: int) -> Compared:
    name, common = feature["name"], _common(feature)
    document = feature["string_statistics"]
    listed = (document.get("distribution") or {}).get("categorical", {}).get("buckets")
    if listed is None:
        (counted,) = single(connection, f"SELECT count({quote(name)}) FROM {relation}")
        present = int(str(counted))
        return Compared(
            name=name,
            kind="presence",
            present=(common["num_present"], present),
            missing=(common["num_missing"], rows - present),
        )
    known = {str(entry["value"]): int(entry["count"]) for entry in listed}
    complete = document.get("distinct_count", len(known)) <= len(known)
    memory = None if complete else SeenValues.read(document.get(KEY))
    if memory is not None and memory.used > MAX_USED:
        memory = None
    among = ", ".join(literal(value) for value in known) or "NULL"
    table = value_counts(relation, name)
    counted = connection.execute(
        f"SELECT v, n, sum(n) OVER () FROM {table} WHERE v IS NOT NULL "
        f"ORDER BY CASE WHEN v IN ({among}) THEN 0 ELSE 1 END, n DESC, v LIMIT {len(known) + NEW_CATEGORIES}"
    ).fetchall()
    present = int(counted[0][2]) if counted else 0
    seen = {value: int(count) for value, count, _ in counted if value in known}
    unlisted = [(str(value), int(count)) for value, count, _ in counted if value not in known]
    news = [
        (value, count)
        for value, count in unlisted
        if complete or (memory is not None and not memory.may_hold(value))
    ][:NEW_CATEGORIES]
    # Our baselines list their most frequent values: no other value had more rows than the last listed one.
    others = [count for value, count in unlisted if (value, count) not in news and KEY in document]
    return Compared(
        name=name,
        kind="categories",
        present=(common["num_present"], present),
        missing=(common["num_missing"], rows - present),
        cells=(
            *((count, seen.get(value, 0)) for value, count in known.items()),
            *((0, count) for _, count in news),
            (
                common["num_present"] - sum(known.values()),
                present - sum(seen.values()) - sum(count for _, count in news),
            ),
        ),
        values=tuple(known),
        distinct=int(document.get("distinct_count", len(known))),
        new=tuple(value for value, _ in news),
        unseen=(
            present - sum(seen.values())
            if complete
            else None
            if memory is None
            else _unseen(connection, table, among, memory)
        ),
        missed=memory.used if memory is not None else 0.0,
        singletons=memory.singletons if memory is not None else sum(n == 1 for n in known.values()),
        unlisted=(min(known.values(), default=0), others[0]) if others else None,
    )


def _unseen(connection: SqlConnection, table: str, among: str, memory: SeenValues) -> int:
    """The number of window rows whose category is certainly not in the baseline."""
    query = f"SELECT {bucket('v', memory.digits)}, sum(n) FROM {table} WHERE v NOT IN ({among}) GROUP BY 1"
    buckets = connection.execute(query).fetchall()
    return sum(int(rows) for name, rows in buckets if not memory.holds(str(name)))
