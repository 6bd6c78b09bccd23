"""Whether the model treats the groups of a protected column differently, and how sure that is.

Of each measure the two groups that are furthest apart are told, as in Fairlearn's differences, with an
interval that holds for the furthest apart of all pairs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import duckdb

from jobs.monitoring.intervals import corrected, difference
from jobs.monitoring.labels import Labels
from jobs.monitoring.rows import Served
from jobs.monitoring.segments import MISSING, where
from jobs.monitoring.settings import Settings

MEASURES: Mapping[str, tuple[str, str]] = {
    "selection_rate": ("selected", "rows"),
    "true_positive_rate": ("selected_positive", "positive"),
    "false_positive_rate": ("selected_negative", "negative"),
}
"""Each measure as what it counts and among which rows."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The largest difference of a measure between two groups; ``certain``: beyond accident."""

    column: str
    measure: str
    difference: float
    low: float
    high: float
    higher: str
    lower: str
    groups: int
    certain: bool

    def to_json(self) -> dict[str, Any]:
        """The difference as plain values."""
        return asdict(self)


def fairness(
    connection: duckdb.DuckDBPyConnection, settings: Settings, served: Served, labels: Labels, task: str
) -> tuple[list[Difference], list[str]]:
    """The differences between groups of at least ``least_rows`` rows; and notes about what is not judged.

    Selection needs no labels and counts all judged rows, the rates those with labels.
    """
    if not settings.protected:
        return [], []
    if task != "binary":
        return [], ["Fairness is measured of binary decisions; this is a regression."]
    notes, counts = [], {}
    for name in settings.protected:
        place = where(name, served, labels)
        if place is None:
            notes.append(f"Fairness of {name!r}: no served row and no row of labels has that column.")
            continue
        counts[name] = _counts(connection, settings, place)
        if served.rows and len(counts[name]) < 2:
            notes.append(f"Fairness of {name!r}: fewer than two groups have {settings.least_rows:,} rows.")
    pairs = sum(len(groups) * (len(groups) - 1) // 2 for groups in counts.values())
    z = corrected(pairs * len(MEASURES))
    return [found for name, groups in counts.items() for found in _differences(name, groups, z)], notes


def _counts(
    connection: duckdb.DuckDBPyConnection, settings: Settings, place: str
) -> dict[str, dict[str, int]]:
    selected = f"_score >= CAST('{settings.threshold!r}' AS DOUBLE)"
    answer = connection.execute(
        f"""
        SELECT coalesce(CAST({place} AS VARCHAR), '{MISSING}') AS v, count(*),
            count(*) FILTER (WHERE {selected}),
            count(*) FILTER (WHERE _label = 1), count(*) FILTER (WHERE _label = 1 AND {selected}),
            count(*) FILTER (WHERE _label = 0), count(*) FILTER (WHERE _label = 0 AND {selected})
        FROM judged GROUP BY v HAVING count(*) >= {max(1, settings.least_rows)} ORDER BY v
        """
    ).fetchall()
    names = ("rows", "selected", "positive", "selected_positive", "negative", "selected_negative")
    return {str(value): dict(zip(names, map(int, counts), strict=True)) for value, *counts in answer}


def _differences(column: str, groups: Mapping[str, Mapping[str, int]], z: float) -> Iterator[Difference]:
    for measure, (hits, among) in MEASURES.items():
        held = {name: (counts[hits], counts[among]) for name, counts in groups.items() if counts[among]}
        if len(held) < 2:
            continue
        furthest = max(
            combinations(sorted(held), 2), key=lambda pair: abs(_share(held[pair[0]]) - _share(held[pair[1]]))
        )
        higher, lower = sorted(furthest, key=lambda name: -_share(held[name]))
        gap, (low, high) = difference(held[higher], held[lower], z)
        yield Difference(
            column=column,
            measure=measure,
            difference=gap,
            low=low,
            high=high,
            higher=higher,
            lower=lower,
            groups=len(held),
            certain=low > 0,
        )


def _share(counted: tuple[int, int]) -> float:
    return counted[0] / counted[1]
