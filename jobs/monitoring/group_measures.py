"""What is measured of each group of a protected column, by task."""

from collections.abc import Iterator, Sequence

import duckdb

from jobs.monitoring.group_ranks import ranked_measures
from jobs.monitoring.measured_groups import GroupMeasure, Sample
from jobs.monitoring.segments import MISSING
from jobs.monitoring.settings import Settings
from jobs.names import ANSWER, LABEL, SCORE
from mdlc_constructs.settings.payloads.tasks import BY_CLASS

TASKS = ("binary", "multiclass", "regression", "ranking")
"""The tasks whose groups are compared."""


def group_measures(
    connection: duckdb.DuckDBPyConnection, settings: Settings, place: str, task: str
) -> list[GroupMeasure]:
    """The task's measures of the groups of a column, over the view ``judged``.

    Args:
        place: the SQL expression of the column.
    """
    group, least = f"coalesce(CAST({place} AS VARCHAR), '{MISSING}')", max(1, settings.least_rows)
    if task == "regression":
        return _means(connection, group, least)
    if task == "ranking":
        return ranked_measures(connection, settings, group, least)
    if task == "binary":
        selected = f"CAST({SCORE} >= CAST('{settings.threshold!r}' AS DOUBLE) AS INTEGER)"
        counts = _counts(connection, group, selected, least)
        return [
            _share("selection_rate", counts, selected=1),
            _share("true_positive_rate", counts, selected=1, label=1),
            _share("false_positive_rate", counts, selected=1, label=0),
        ]
    predicted = f"list_position({ANSWER}, list_max({ANSWER})) - 1"
    counts = _counts(connection, group, predicted, least)
    named = list(enumerate(settings.names))
    return [
        *(_share(f"selection_rate{BY_CLASS}{name}", counts, selected=number) for number, name in named),
        *(
            _share(f"true_positive_rate{BY_CLASS}{name}", counts, selected=number, label=number)
            for number, name in named
        ),
    ]


Counts = Sequence[tuple[str, int | None, int, int]]
"""Group, label, selected class and number of rows."""


def _counts(connection: duckdb.DuckDBPyConnection, group: str, selected: str, least: int) -> Counts:
    """The counts of groups that have at least so many rows."""
    answer = connection.execute(
        f"SELECT * EXCLUDE (members) FROM (SELECT {group}, CAST({LABEL} AS INTEGER), {selected}, "
        f"count(*), sum(count(*)) OVER (PARTITION BY {group}) FROM judged GROUP BY 1, 2, 3) "
        f"AS counted(value, label, selected, number, members) WHERE members >= {least} ORDER BY ALL"
    ).fetchall()
    return [(str(name), label, int(chosen), int(rows)) for name, label, chosen, rows in answer]


def _share(name: str, counts: Counts, *, selected: int, label: int | None = None) -> GroupMeasure:
    """The share of rows that were selected: of all rows, or of those with a label."""
    hits: dict[str, int] = {}
    among: dict[str, int] = {}
    for group, actual, chosen, rows in counts:
        if label is None or actual == label:
            among[group] = among.get(group, 0) + rows
            hits[group] = hits.get(group, 0) + rows * (chosen == selected)
    samples = {group: Sample(value=hits[group] / rows, rows=rows) for group, rows in among.items()}
    return GroupMeasure(name=name, groups=samples, labelled=label is not None)


def _means(connection: duckdb.DuckDBPyConnection, group: str, least: int) -> list[GroupMeasure]:
    error = f"({SCORE} - {LABEL})"
    return [
        GroupMeasure(name=name, groups=dict(_samples(connection, group, value, least)), labelled=labelled)
        for name, value, labelled in (
            ("mean_prediction", SCORE, False),
            ("mean_error", error, True),
            ("mean_absolute_error", f"abs{error}", True),
        )
    ]


def _samples(
    connection: duckdb.DuckDBPyConnection, group: str, value: str, least: int
) -> Iterator[tuple[str, Sample]]:
    """The mean of each group; a group of one row has no variance, and is left out."""
    answer = connection.execute(
        f"SELECT {group}, count({value}), avg({value}), var_samp({value}) FROM judged "
        f"GROUP BY 1 HAVING count({value}) >= {max(2, least)} ORDER BY 1"
    ).fetchall()
    for name, rows, mean, variance in answer:
        yield str(name), Sample(value=float(mean), rows=int(rows), variance=float(variance))
