"""Fairness: whether the model treats the groups of a protected column differently.

For each measure, the reported pair of groups is the one whose difference has the largest lower confidence
bound; the interval is corrected for the number of pairs. Fairlearn's differences report the two groups that
are furthest apart. These are often the smallest groups, whose difference is not significant and hides others.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import duckdb

from jobs.monitoring.intervals import corrected_z, difference
from jobs.monitoring.labels import JoinedLabels
from jobs.monitoring.rows import Served
from jobs.monitoring.segments import MISSING, where
from jobs.monitoring.settings import Settings
from jobs.names import LABEL, SCORE

MEASURES: Mapping[str, tuple[str, str]] = {
    "selection_rate": ("selected", "rows"),
    "true_positive_rate": ("selected_positive", "positive"),
    "false_positive_rate": ("selected_negative", "negative"),
}
"""Each measure as numerator and denominator: the counted rows, and the rows that they are a share of."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The difference of a measure between two groups.

    Args:
        groups: the number of groups with enough rows for the measure.
        certain: whether the difference is significant.
    """

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
    connection: duckdb.DuckDBPyConnection, settings: Settings, served: Served, labels: JoinedLabels, task: str
) -> tuple[list[Difference], list[str]]:
    """The differences between groups, and notes on columns and measures with too few rows.

    A group needs ``least_rows`` rows in the denominator of a measure: all its rows for the selection rate,
    which needs no labels; its rows with that label for the other rates.
    """
    if not settings.protected:
        return [], []
    if task != "binary":
        return [], ["Fairness is measured of binary decisions; this is a regression."]
    notes, least = [], max(1, settings.least_rows)
    held: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for name in settings.protected:
        place = where(name, served, labels)
        if place is None:
            notes.append(f"Fairness of {name!r}: no served row and no row of labels has that column.")
            continue
        counts = _counts(connection, settings, place)
        few = []
        for measure, (hits, among) in MEASURES.items():
            groups = {group: (of[hits], of[among]) for group, of in counts.items() if of[among] >= least}
            if len(groups) > 1:
                held[name, measure] = groups
            elif among == "rows" or labels.labelled:
                few.append(measure)
        if few and served.rows:
            measures = "" if len(few) == len(MEASURES) else f", {' and '.join(few).replace('_', ' ')}"
            notes.append(
                f"Fairness of {name!r}{measures}: fewer than two groups have {least:,} rows to measure it by."
            )
    z = corrected_z(sum(len(groups) * (len(groups) - 1) // 2 for groups in held.values()))
    return [_surest(*key, groups, z) for key, groups in held.items()], notes


def _counts(
    connection: duckdb.DuckDBPyConnection, settings: Settings, place: str
) -> dict[str, dict[str, int]]:
    selected = f"{SCORE} >= CAST('{settings.threshold!r}' AS DOUBLE)"
    answer = connection.execute(
        f"""
        SELECT coalesce(CAST({place} AS VARCHAR), '{MISSING}'), count(*),
            count(*) FILTER (WHERE {selected}),
            count(*) FILTER (WHERE {LABEL} = 1), count(*) FILTER (WHERE {LABEL} = 1 AND {selected}),
            count(*) FILTER (WHERE {LABEL} = 0), count(*) FILTER (WHERE {LABEL} = 0 AND {selected})
        FROM judged GROUP BY 1 HAVING count(*) >= {max(1, settings.least_rows)} ORDER BY 1
        """
    ).fetchall()
    names = ("rows", "selected", "positive", "selected_positive", "negative", "selected_negative")
    return {str(value): dict(zip(names, map(int, counts), strict=True)) for value, *counts in answer}


def _surest(column: str, measure: str, groups: Mapping[str, tuple[int, int]], z: float) -> Difference:
    """The difference of the pair of groups with the largest lower confidence bound."""
    ordered = sorted(groups, key=lambda name: (-_share(groups[name]), name))
    measured = (
        (difference(groups[higher], groups[lower], z), higher, lower)
        for higher, lower in combinations(ordered, 2)
    )
    (gap, (low, high)), higher, lower = max(measured, key=lambda pair: (pair[0][1][0], pair[0][0]))
    return Difference(
        column=column,
        measure=measure,
        difference=gap,
        low=low,
        high=high,
        higher=higher,
        lower=lower,
        groups=len(groups),
        certain=low > 0,
    )


def _share(counted: tuple[int, int]) -> float:
    return counted[0] / counted[1]
