"""Joins late labels to the served rows that they are about.

A repeated label counts once. Labels that contradict each other for the same row are left out, as nobody can
say which is true. When labels come as full rows, their other columns are joined too, so that the served
values can be compared with the offline ones (`jobs.monitoring.skew`). When such a row is repeated, its
columns are joined only if all repetitions agree in all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobs.database import NO_PATH_COLUMNS, files, literal, parquet, quote, single
from jobs.monitoring.disagreement import disagreement
from jobs.monitoring.label_horizon import reach
from jobs.monitoring.settings import Settings
from jobs.monitoring.unknown_classes import unknown_classes, view_unknown
from jobs.names import (
    DELAY,
    ENTITY,
    EVENT_TIME,
    INFERENCE_ID,
    KEY,
    KNOWN,
    LABEL,
    ROW_KEY,
    SERVED_AT,
    VERSION,
    internal,
)
from jobs.plan import Plan
from jobs.reading import stage
from jobs.roles import entity, event_time, label_number, row_key
from jobs.sources import examine
from jobs.values import checked_value, parsed_value, text_of
from jobs.verification import verify
from mdlc_constructs.settings.payloads.dataset import DatasetSection

_BETWEEN = "chr(31)"
_VALUE, _KNOWN_AT, _ROW = internal("value"), internal("known_at"), internal("row")
_TEXT = internal("text")
_CONTRADICTS, _TIMES, _AGREES = internal("contradicts"), internal("times"), internal("agrees")


@dataclass(frozen=True, kw_only=True)
class JoinedLabels:
    """The counts of the join. Its rows are in the view ``joined`` and, for the monitored version, ``judged``.

    Args:
        labelled: number of rows of the monitored version with a label.
        coverage: their share of all rows of the monitored version.
        duplicates: number of labels that repeat another label of the same row.
        contradictory: number of rows without a label because the labels of their key differ.
        unreadable: number of labels that cannot be read.
        unknown: number of labels of no row of this window; most of them are about other windows.
        labelled_until: the latest event time (served time where a row has none) of a labelled row, ISO
            8601, without outliers far above the others (`jobs.monitoring.label_horizon`).
        delay_seconds: percentiles of the delay from answer to label; None when labels have no time.
        offline: columns of which ``joined`` holds the offline value, to the name of that value's column.
    """

    labelled: int = 0
    coverage: float = 0.0
    duplicates: int = 0
    contradictory: int = 0
    unreadable: int = 0
    unknown: int = 0
    labelled_until: str | None = None
    delay_seconds: Mapping[str, float] | None = None
    offline: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()


def join_labels(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    settings: Settings,
    folder: Path | None,
    columns: Mapping[str, str],
    scratch: Path,
) -> JoinedLabels:
    """Join labels to the view ``served``; creates the views ``joined`` (all versions) and ``judged``.

    ``judged`` has the rows of the monitored version.

    Args:
        folder: the folder of the input ``labels``; None without labels.
        columns: name and kind of the served rows' columns; those that label rows have too are joined.

    Raises:
        InputError: when the label files are not the planned ones.
    """
    notes: list[str] = []
    offline: dict[str, str] = {}
    unreadable = 0
    if settings.by is None or folder is None or not plan.files or plan.dataset.label is None:
        connection.execute(f"CREATE TEMP VIEW labels AS {_nothing()}")
    else:
        verify(plan.files, folder)
        if settings.by == "inference_id":
            unreadable = _by_inference_id(connection, plan, folder)
        else:
            wanted = {name: kind for name, kind in columns.items() if name != plan.dataset.label}
            groups = {n: plan.dataset.columns[n] for n in (*settings.segments, *settings.protected)}
            offline, problems = _by_row(connection, plan, settings, folder, {**wanted, **groups}, scratch)
            notes += problems
    key = _key(plan.dataset, settings.by)
    connection.execute(
        f"""
        CREATE TEMP TABLE key_labels AS
        SELECT {KEY}, min({_VALUE}) AS {LABEL}, min({_VALUE}) <> max({_VALUE}) AS {_CONTRADICTS},
            count(*) AS {_TIMES}, min({_KNOWN_AT}) AS {_KNOWN_AT}, min({_ROW}) = max({_ROW}) AS {_AGREES}
            {"".join(f", first({name}) AS {name}" for name in offline.values())}
        FROM labels WHERE {KEY} IN (SELECT {key} FROM served WHERE {key} IS NOT NULL) GROUP BY {KEY}
        """
    )
    duplicates, known = single(
        connection,
        f"SELECT coalesce(sum({_TIMES} - 1) FILTER (WHERE NOT {_CONTRADICTS}), 0)::BIGINT, "
        f"coalesce(sum({_TIMES}), 0)::BIGINT FROM key_labels",
    )
    contradictory, remarks = disagreement(connection, settings, key, contradicts=_CONTRADICTS, agrees=_AGREES)
    notes += remarks
    if plan.dataset.classes and settings.by and folder is not None and plan.files:
        notes += unknown_classes(connection, key, settings.package.version)
    (all_labels,) = single(connection, "SELECT count(*) FROM labels")
    if all_labels and not known:
        notes += _without_match(connection, key)
    # When the rows of one key do not agree, their columns may be another row's: no offline values are joined.
    sure = f"key_labels.{_AGREES} AND NOT key_labels.{_CONTRADICTS}"
    selected = "".join(
        f", CASE WHEN {sure} THEN key_labels.{name} END AS {name}" for name in offline.values()
    )
    joined = scratch / "joined.parquet"
    connection.execute(
        f"""
        COPY (
            SELECT served.*, CASE WHEN NOT key_labels.{_CONTRADICTS} THEN key_labels.{LABEL} END AS {LABEL},
                epoch(key_labels.{_KNOWN_AT}) - epoch(served.{SERVED_AT}) AS {DELAY},
                coalesce({sure}, false) AS {KNOWN}{selected}
            FROM served LEFT JOIN key_labels ON key_labels.{KEY} = {key}
        ) TO {literal(str(joined))} (FORMAT parquet, ROW_GROUP_SIZE 20480)
        """
    )
    connection.execute("DROP TABLE key_labels")
    connection.execute(f"CREATE TEMP VIEW joined AS FROM {parquet(joined)}")
    connection.execute(
        f"CREATE TEMP VIEW judged AS SELECT * FROM joined WHERE {VERSION} = {settings.package.version}"
    )
    return _summed(
        connection,
        settings,
        JoinedLabels(
            duplicates=int(str(duplicates)),
            contradictory=contradictory,
            unreadable=unreadable,
            unknown=int(str(all_labels)) - int(str(known)),
            offline=offline or None,
            notes=tuple(notes),
        ),
    )


def _without_match(connection: duckdb.DuckDBPyConnection, key: str) -> list[str]:
    """A note that no label matches a served row, with a key of each; empty when no served row has a key."""
    (labelled,) = single(connection, f"SELECT min({KEY}) FROM labels")
    (served,) = single(connection, f"SELECT min({key}) FROM served WHERE {key} IS NOT NULL")
    if served is None:
        return []
    labelled, served = (str(side).replace("\x1f", " at ") for side in (labelled, served))
    return [
        f"No label is about a row of this window: labels are of {labelled!r}, for example, and rows of "
        f"{served!r}. If they are the same, write them alike."
    ]


def _summed(connection: duckdb.DuckDBPyConnection, settings: Settings, labels: JoinedLabels) -> JoinedLabels:
    rows, labelled, keyed, low, high = connection.execute(
        f"SELECT count(*), count({LABEL}), count({_key_column(settings.by)}), "
        f"quantile_cont({DELAY}, 0.5), quantile_cont({DELAY}, 0.95) FROM judged"
    ).fetchall()[0]
    notes = list(labels.notes)
    reached = reach(connection, settings.window)
    if reached.beyond:
        notes.append(
            f"{reached.beyond:,} labelled rows have an event time far above the others', of which the last "
            f"is {reached.until}: they do not say until when labels are known."
        )
    if settings.by and rows and not keyed:
        notes.append(
            f"No served row has what labels are joined by ({settings.by}): let callers send the key columns "
            "too, or give labels by inference_id."
        )
    if labels.unreadable:
        notes.append(f"{labels.unreadable:,} labels cannot be read: give request_id and value in each line.")
    return JoinedLabels(
        labelled=int(labelled),
        coverage=labelled / rows if rows else 0.0,
        duplicates=labels.duplicates,
        contradictory=labels.contradictory,
        unreadable=labels.unreadable,
        unknown=labels.unknown,
        labelled_until=reached.until,
        delay_seconds=None if low is None else {"p50": float(low), "p95": float(high)},
        offline=labels.offline,
        notes=tuple(notes),
    )


def _key_column(by: str | None) -> str:
    return {"row_key": ROW_KEY, "entity_and_time": ENTITY}.get(str(by), INFERENCE_ID)


def _key(dataset: DatasetSection, by: str | None) -> str:
    """The SQL expression of a served row's join key."""
    if by == "entity_and_time":
        return f"{ENTITY} || {_BETWEEN} || CAST({EVENT_TIME} AS VARCHAR)"
    return _key_column(by)


def _nothing() -> str:
    return (
        f"SELECT '' AS {KEY}, 0.0::DOUBLE AS {_VALUE}, NULL::TIMESTAMP AS {_KNOWN_AT}, 0 AS {_ROW} "
        "WHERE false"
    )


def _by_inference_id(connection: duckdb.DuckDBPyConnection, plan: Plan, folder: Path) -> int:
    """Create the view ``labels`` from JSON Lines of ``request_id``, ``value`` and, optionally, ``at``.

    Returns:
        The number of labels that cannot be read.
    """
    paths = files(folder / file.name for file in plan.files)
    connection.execute(
        f"""
        CREATE TEMP TABLE label_lines AS
        SELECT {_request_id()} AS {KEY}, {_value(plan.dataset)} AS {_VALUE},
            CAST(TRY_CAST("at" AS TIMESTAMPTZ) AS TIMESTAMP) AS {_KNOWN_AT}, 0 AS {_ROW},
            CASE WHEN json_type(value) NOT IN ('OBJECT', 'ARRAY') THEN nullif(value ->> '$', '') END
                AS {_TEXT}
        FROM read_json({paths}, format = 'newline_delimited', ignore_errors = true, {NO_PATH_COLUMNS},
            columns = {{request_id: 'JSON', value: 'JSON', 'at': 'VARCHAR'}})
        """
    )
    good = f"{KEY} IS NOT NULL AND isfinite({_VALUE})"
    bad = f"({good}) IS NOT TRUE"
    if plan.dataset.classes:
        view_unknown(connection, f"SELECT {KEY}, {_TEXT}, {_VALUE} FROM label_lines")
        # A line with a class that the model does not have can be read.
        bad += f" AND ({KEY} IS NULL OR {_TEXT} IS NULL)"
    (unreadable,) = single(connection, f"SELECT count(*) FILTER (WHERE {bad}) FROM label_lines")
    connection.execute(f"CREATE TEMP VIEW labels AS FROM label_lines WHERE {good}")
    return int(str(unreadable))


def _request_id() -> str:
    """The SQL expression of a request id as text.

    Some programs (pandas) write integer ids as floating point when any id is missing: 7.0 becomes "7".
    """
    text = "request_id ->> '$'"
    number = f"json_type(request_id) = 'DOUBLE' AND NOT regexp_full_match({text}, '-?[0-9]+')"
    single = "json_type(request_id) NOT IN ('OBJECT', 'ARRAY')"
    return (
        f"CASE WHEN {number} THEN {text_of(f'CAST({text} AS DOUBLE)', 'number')} WHEN {single} "
        f"THEN nullif({text}, '') END"
    )


def _value(dataset: DatasetSection) -> str:
    """The SQL expression of a label's JSON value as a number, as in `jobs.roles.label_number`.

    In a binary task 1, 0, true and false are read as such, whatever the label column's type is. A class may
    have one of these names.
    """
    text = "value ->> '$'"
    number = f"CASE {text} WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE TRY_CAST({text} AS DOUBLE) END"
    if dataset.task not in ("binary", "anomaly", "multiclass"):
        return f"CASE WHEN json_type(value) NOT IN ('OBJECT', 'ARRAY') THEN {number} END"
    label = quote(str(dataset.label))
    kind = dataset.columns[str(dataset.label)]
    typed, _ = checked_value(parsed_value(text, kind, "VARCHAR"), kind, text, "VARCHAR")
    label_value = f"(SELECT CAST({label_number(dataset)} AS DOUBLE) FROM (SELECT {typed}) AS typed({label}))"
    if dataset.classes:
        return f"CASE WHEN json_type(value) NOT IN ('OBJECT', 'ARRAY') THEN {label_value} END"
    return (
        f"CASE WHEN json_type(value) IN ('OBJECT', 'ARRAY') THEN NULL WHEN {number} IN (0, 1) THEN {number} "
        f"ELSE {label_value} END"
    )


def _by_row(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    settings: Settings,
    folder: Path,
    wanted: Mapping[str, str],
    scratch: Path,
) -> tuple[dict[str, str], list[str]]:
    """Create the view ``labels`` from rows that look like the training data's.

    Returns:
        The columns besides key and label, to their names in the view, and a note for each problem.
    """
    dataset = plan.dataset
    by_key = settings.by == "row_key"
    keys = dataset.row_key if by_key else (str(dataset.entity), str(dataset.timestamp))
    needed = {name: dataset.columns[name] for name in (*keys, str(dataset.label))}
    sources = examine(connection, plan.files, folder, settings.format, needed, csv=dataset.csv)
    # A column that a file has twice cannot be compared.
    held = [source.header for source in sources.readable]
    also = {n: kind for n, kind in wanted.items() if all(header.count(n) == 1 for header in held)}
    columns = {**needed, **also}
    staged = scratch / "labels.parquet"
    problems = [*sources.problems, *stage(connection, sources, columns, staged, view="label_rows")]
    offline = {name: internal(f"offline{place}") for place, name in enumerate(also)}
    key = (
        row_key(dataset)
        if by_key
        else f"{entity(dataset)} || {_BETWEEN} || CAST({event_time(dataset)} AS VARCHAR)"
    )
    present = " AND ".join(f"{quote(name)} IS NOT NULL" for name in keys)
    values = "".join(f", {quote(name)} AS {alias}" for name, alias in offline.items())
    # One hash for each row shows whether rows agree, however many columns they have.
    whole = f"hash({', '.join(quote(name) for name in also)})" if also else "0"
    value = f"CAST({label_number(dataset)} AS DOUBLE)"
    if dataset.classes:
        text = text_of(quote(str(dataset.label)), dataset.columns[str(dataset.label)])
        view_unknown(connection, f"SELECT {key}, {text}, {value} FROM label_rows WHERE {present}")
    connection.execute(
        f"CREATE TEMP VIEW labels AS SELECT {key} AS {KEY}, {value} AS {_VALUE}, "
        f"NULL::TIMESTAMP AS {_KNOWN_AT}, {whole} AS {_ROW}{values} "
        f"FROM label_rows WHERE {present} AND isfinite({value})"
    )
    notes = [f"Labels: {problem.message}" for problem in problems]
    return offline, notes
