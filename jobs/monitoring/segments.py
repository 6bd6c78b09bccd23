"""The metric of each segment: the rows with one value of a configured column. Worst segment first.

It is the AUC (macro, of several classes), the RMSE, or a ranking's NDCG@10 over the segment's rows.

A segment is compared with the column's other segments, and the AUC of these counts only pairs of rows of the
same segment. It is not compared with the AUC of all rows: that also counts pairs of different segments, so it
is higher than every segment's AUC when the segments' base rates differ. In a multiclass task it is compared
with the rows of its own classes in segments that have all of these.

With many segments, the worst one may look bad by chance. So the intervals are corrected for their number, and
segments are sorted by the better end of their interval: the first is significantly bad, not just small.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import numpy as np

from jobs.database import quote
from jobs.listing import listed
from jobs.metrics.ranking import group_metric
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.accuracy import labelled_rows
from jobs.monitoring.intervals import (
    Estimate,
    Interval,
    ahead,
    area,
    auc,
    corrected_z,
    macro_area,
    macro_auc,
    mean,
    mean_square,
    on_logits,
    pool,
    root,
)
from jobs.monitoring.labels import JoinedLabels
from jobs.monitoring.rows import Served
from jobs.monitoring.segment_classes import SegmentClasses
from jobs.monitoring.settings import Settings
from jobs.names import LABEL, internal
from mdlc_constructs.settings.payloads.tasks import higher_is_better

MISSING = "(missing)"
METRICS: Mapping[str, str] = {
    "binary": "auc",
    "regression": "rmse",
    "forecast": "rmse",
    "multiclass": "auc_macro",
    "ranking": "ndcg@10",
}
"""The metric of a segment by task: one whose interval a formula gives. Other tasks have no segments."""


ERRORS = ("regression", "forecast")

_PART, _VALUE, _PLACE = internal("part"), internal("segment value"), internal("segment place")
Measured = tuple[Estimate, tuple[float, Interval]]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """The metric of the rows with one value of a column.

    Args:
        against: the metric within the column's other segments; None when there is no other.
        worse: whether the segment is significantly worse than the others.
    """

    column: str
    value: str
    rows: int
    metric: str
    estimate: float
    low: float
    high: float
    against: float | None
    worse: bool

    def to_json(self) -> dict[str, Any]:
        """The segment as plain values."""
        return asdict(self)


def where(name: str, served: Served, labels: JoinedLabels) -> str | None:
    """The column of the view ``judged`` with a column's served, else its offline values; None for neither."""
    if name in served.columns and name in served.sent:
        return quote(name)
    return (labels.offline or {}).get(name)


def segments(
    connection: duckdb.DuckDBPyConnection, settings: Settings, served: Served, labels: JoinedLabels, task: str
) -> tuple[list[Segment], list[str]]:
    """All segments with enough labelled rows, worst first, and notes on columns without any."""
    groups: list[tuple[str, str, ScoredRows]] = []
    notes = []
    for name in settings.segments:
        place = where(name, served, labels)
        if place is None:
            notes.append(f"Segments of {name!r}: no served row and no row of labels has that column.")
            continue
        parts = list(divide_rows(connection, settings, place, task))
        if not parts and labels.labelled:
            notes.append(f"Segments of {name!r}: no value has {settings.least_rows:,} labelled rows.")
        groups += [(name, value, scored) for value, scored in parts]
    judged = judge_segments(groups, task)
    return judged, [*notes, *not_compared(judged, task)]


def divide_rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings, place: str, task: str
) -> list[tuple[str, ScoredRows]]:
    """The labelled rows of each value of a column, for values with at least `least_rows` of them."""
    # Qualified, because a column may be called like a table's own `rowid`.
    value = f"coalesce(CAST(judged.{place} AS VARCHAR), '{MISSING}')"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE segment_values AS "
        f"SELECT {_VALUE}, row_number() OVER (ORDER BY {_VALUE}) - 1 AS {_PLACE} FROM "
        f"(SELECT {value} FROM judged WHERE {LABEL} IS NOT NULL GROUP BY 1 "
        f"HAVING count(*) >= {max(1, settings.least_rows)}) AS found({_VALUE})"
    )
    values_found = connection.execute(f"SELECT {_VALUE} FROM segment_values ORDER BY {_PLACE}").fetchall()
    values = [str(row[0]) for row in values_found]
    if not values:
        return []
    # Within the subquery, a user's column called like one of its names would be hidden.
    number = f"coalesce((SELECT {_PLACE} FROM segment_values AS {_PART} WHERE {_VALUE} = {value}), -1)"
    scored, (places,) = labelled_rows(connection, settings, task, also=[number])
    numbers = np.asarray(places)
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(len(values) + 1))
    return [
        (name, scored.take(order[starts[place_] : starts[place_ + 1]])) for place_, name in enumerate(values)
    ]


def judge_segments(groups: Sequence[tuple[str, str, ScoredRows]], task: str) -> list[Segment]:
    """A segment for each column and value, worst first; without segments of one class.

    Args:
        groups: column, value and labelled rows of each segment.
    """
    metric = METRICS.get(task)
    if metric is None:
        return []
    better, z = higher_is_better(metric), corrected_z(len(groups))
    columns: dict[str, list[tuple[str, ScoredRows, Measured]]] = {}
    for column, value, scored in groups:
        measured = _measured(scored, z)
        if measured is not None:
            columns.setdefault(column, []).append((value, scored, measured))
    segments = []
    for column, members in columns.items():
        every = [estimate for _, _, (estimate, _) in members]
        by_class = SegmentClasses([rows for _, rows, _ in members], every) if task == "multiclass" else None
        for place, (value, scored, (_, estimate)) in enumerate(members):
            rest = by_class.others(place) if by_class else [*every[:place], *every[place + 1 :]]
            others = _others(rest, task, z)
            gap = 0.0 if others is None else ahead(others, estimate) if better else ahead(estimate, others)
            segments.append(
                Segment(
                    column=column,
                    value=value,
                    rows=len(scored.labels),
                    metric=metric,
                    estimate=estimate[0],
                    low=estimate[1][0],
                    high=estimate[1][1],
                    against=others[0] if others else None,
                    worse=gap > 0,
                )
            )
    # Worse segments first: when the others are very good, a worse one may still have a high metric.
    return sorted(segments, key=lambda segment: (not segment.worse, segment.high if better else -segment.low))


def not_compared(segments: Sequence[Segment], task: str) -> list[str]:
    """A note for each column on segments of a multiclass task whose classes no other segment has."""
    if task != "multiclass":
        return []
    notes = []
    for column in dict.fromkeys(segment.column for segment in segments):
        own = [segment for segment in segments if segment.column == column]
        alone = [segment.value for segment in own if segment.against is None]
        if alone and len(own) > 1:
            notes.append(
                f"Segments of {column!r}: {listed(alone)} not compared, as no other has rows of all its "
                "classes."
            )
    return notes


def _measured(scored: ScoredRows, z: float) -> Measured | None:
    if scored.task in ERRORS:
        errors = mean_square(scored.scores - scored.labels)
        return errors, root(errors, z)
    if scored.task == "ranking":
        gained = group_metric(METRICS["ranking"], scored)
        if not len(gained):
            return None
        estimate_of_groups = mean(gained)
        return estimate_of_groups, (estimate_of_groups.value, on_logits(estimate_of_groups, z))
    if scored.answers is not None:
        estimate, answer = (
            macro_area(scored.labels, scored.answers),
            macro_auc(scored.labels, scored.answers, z),
        )
    else:
        estimate, answer = area(scored.labels, scored.scores), auc(scored.labels, scored.scores, z)
    return (estimate, answer) if estimate and answer else None


def _others(rest: Sequence[Estimate], task: str, z: float) -> tuple[float, Interval] | None:
    """The pooled metric of the other segments, with its interval; None when none of them has a variance."""
    others = pool([estimate for estimate in rest if math.isfinite(estimate.variance)])
    if others is None:
        return None
    return root(others, z) if task in ERRORS else (others.value, on_logits(others, z))
