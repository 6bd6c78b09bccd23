"""Fairness: whether the model treats the groups of a protected column differently.

For each measure, the reported pair of groups is the one whose difference has the largest lower confidence
bound; the interval is corrected for the number of pairs, over all measures. Fairlearn's differences report
the two groups that are furthest apart. These are often the smallest groups, whose difference is not
significant and hides others.
"""

from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import duckdb

from jobs.monitoring.group_measures import TASKS, group_measures
from jobs.monitoring.group_ranks import MIN_RANKINGS, PLACES
from jobs.monitoring.intervals import corrected_z
from jobs.monitoring.labels import JoinedLabels
from jobs.monitoring.measured_groups import GroupMeasure, difference_of
from jobs.monitoring.rows import Served
from jobs.monitoring.segments import where
from jobs.monitoring.settings import Settings

SHOWN = 6
"""How many measures a note names."""


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

    A group needs ``least_rows`` rows that a measure is computed of: all its rows for the selection rate and
    the mean prediction, which need no labels; its rows with that label for other rates; its labelled rows for
    errors. In a ranking its rows must also be in `MIN_RANKINGS` rankings.
    """
    if not settings.protected:
        return [], []
    if task not in TASKS:
        return [], [f"Fairness is not measured in a {task} task: leave `protected` out."]
    notes, least = [], max(1, settings.least_rows)
    held: list[tuple[str, GroupMeasure]] = []
    for name in settings.protected:
        place = where(name, served, labels)
        if place is None:
            notes.append(f"Fairness of {name!r}: no served row and no row of labels has that column.")
            continue
        measures = group_measures(connection, settings, place, task)
        few = []
        for measure in measures:
            groups = {group: sample for group, sample in measure.groups.items() if sample.rows >= least}
            if len(groups) > 1:
                held.append((name, replace(measure, groups=groups)))
            elif not measure.labelled or labels.labelled:
                few.append(measure.name.replace("_", " "))
        if few and served.rows:
            about = f"Fairness of {name!r}{_listed(few, len(measures))}"
            spread = f" in {MIN_RANKINGS} rankings of more than {PLACES} rows" if task == "ranking" else ""
            notes.append(f"{about}: fewer than two groups have {least:,} rows{spread} to measure it by.")
    pairs = (len(measure.groups) * (len(measure.groups) - 1) // 2 for _, measure in held)
    z = corrected_z(sum(pairs))
    return [_surest(name, measure, z) for name, measure in held], notes


def _listed(measures: list[str], every: int) -> str:
    """The measures as part of a sentence; nothing for all of them."""
    if len(measures) == every:
        return ""
    more = f" and {len(measures) - SHOWN} more" if len(measures) > SHOWN else ""
    return f", {' and '.join(measures) if len(measures) == 2 else ', '.join(measures[:SHOWN])}{more}"


def _surest(column: str, measure: GroupMeasure, z: float) -> Difference:
    """The difference of the pair of groups with the largest lower confidence bound."""
    groups = measure.groups
    ordered = sorted(groups, key=lambda name: (-groups[name].value, name))
    measured = (
        (
            difference_of(groups[higher], groups[lower], z, measure.covariances.get((higher, lower), 0.0)),
            higher,
            lower,
        )
        for higher, lower in combinations(ordered, 2)
    )
    (gap, (low, high)), higher, lower = max(measured, key=lambda pair: (pair[0][1][0], pair[0][0]))
    return Difference(
        column=column,
        measure=measure.name,
        difference=gap,
        low=low,
        high=high,
        higher=higher,
        lower=lower,
        groups=len(groups),
        certain=low > 0,
    )
