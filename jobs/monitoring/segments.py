"""The metric apart for each value of the named columns, worst first.

With many segments the worst one looks bad by accident alone. So intervals are wide enough that all of them
hold together, and segments are sorted by their interval's better end: what comes first is bad beyond
accident, not merely small.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import numpy as np

from jobs.database import quoted
from jobs.gate import MAIN_METRIC
from jobs.metrics import HIGHER_IS_BETTER, Floats, Scored, computed
from jobs.monitoring.accuracy import labelled_rows
from jobs.monitoring.intervals import auc, corrected, rmse
from jobs.monitoring.labels import Labels
from jobs.monitoring.rows import Served
from jobs.monitoring.settings import Settings

MISSING = "(missing)"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """The rows with one value of a column; ``worse``: than all rows, beyond accident."""

    column: str
    value: str
    rows: int
    metric: str
    estimate: float
    low: float
    high: float
    worse: bool

    def to_json(self) -> dict[str, Any]:
        """The segment as plain values."""
        return asdict(self)


def where(name: str, served: Served, labels: Labels) -> str | None:
    """Where the view ``judged`` has a column: as served, else as known offline; None where nothing has it."""
    if name in served.columns and name in served.sent:
        return quoted(name)
    return (labels.offline or {}).get(name)


def segments(
    connection: duckdb.DuckDBPyConnection, settings: Settings, served: Served, labels: Labels, task: str
) -> tuple[list[Segment], list[str]]:
    """Every segment with enough labelled rows, worst first; and notes about what is not judged."""
    found: list[tuple[str, str, Scored]] = []
    notes = []
    for name in settings.segments:
        place = where(name, served, labels)
        if place is None:
            notes.append(f"Segments of {name!r}: no served row and no row of labels has that column.")
            continue
        parts = list(divided(connection, settings, place, task))
        if not parts and labels.labelled:
            notes.append(f"Segments of {name!r}: no value has {settings.least_rows:,} labelled rows.")
        found += [(name, value, scored) for value, scored in parts]
    return _judged(connection, settings, task, found), notes


def divided(
    connection: duckdb.DuckDBPyConnection, settings: Settings, place: str, task: str
) -> list[tuple[str, Scored]]:
    """The labelled rows of each value that enough of them have."""
    value = f"coalesce(CAST({place} AS VARCHAR), '{MISSING}')"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE segment_values AS "
        "SELECT v, row_number() OVER (ORDER BY v) - 1 AS n FROM "
        f"(SELECT {value} AS v FROM judged WHERE _label IS NOT NULL GROUP BY v "
        f"HAVING count(*) >= {max(1, settings.least_rows)})"
    )
    found = connection.execute("SELECT v FROM segment_values ORDER BY n").fetchall()
    values = [str(row[0]) for row in found]
    if not values:
        return []
    number = f"coalesce((SELECT n FROM segment_values WHERE v = {value}), -1) AS number"
    scored, columns = labelled_rows(connection, settings, task, also=number)
    numbers = np.asarray(columns["number"])
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(len(values) + 1))
    parts = []
    for place_, name in enumerate(values):
        rows = order[starts[place_] : starts[place_ + 1]]
        part = Scored(
            labels=scored.labels[rows], scores=scored.scores[rows], task=task, threshold=scored.threshold
        )
        parts.append((name, part))
    return parts


def _judged(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    task: str,
    found: Sequence[tuple[str, str, Scored]],
) -> list[Segment]:
    if not found:
        return []
    metric = MAIN_METRIC[task]
    whole = computed(labelled_rows(connection, settings, task)[0])[metric]
    better, z = HIGHER_IS_BETTER[task][metric], corrected(len(found))
    judged = []
    for column, value, scored in found:
        answer = _metric(scored, z)
        if answer is None:
            continue
        estimate, (low, high) = answer
        judged.append(
            Segment(
                column=column,
                value=value,
                rows=len(scored.labels),
                metric=metric,
                estimate=estimate,
                low=low,
                high=high,
                worse=bool(high < whole if better else low > whole),
            )
        )
    return sorted(judged, key=lambda segment: segment.high if better else -segment.low)


def _metric(scored: Scored, z: float) -> tuple[float, tuple[float, float]] | None:
    if scored.task == "regression":
        errors: Floats = scored.scores - scored.labels
        return rmse(errors, z)
    return auc(scored.labels, scored.scores, z)
