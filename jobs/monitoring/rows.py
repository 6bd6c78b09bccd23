"""The served rows of a window, from an endpoint's captures or from batch predictions.

Rows of repeated events count once, and rows are counted by model version. Staged rows hold `FAULT` (why a row
is left out, or NULL), `INFERENCE_ID`, `SERVED_AT`, `SCORE`, `ANSWER` (all numbers of the answer, where there
are several), `VERSION`, `LINE` (the row as it was sent), `ONCE` and `PLACE` (which together identify a row of
an event), the notes of `jobs.reading` on values that do not fit, and the columns by number. The view
``served`` has the columns by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobs.answers import AnswerShape
from jobs.database import NO_PATH_COLUMNS, files, literal, quote, single
from jobs.folders import Folders
from jobs.monitoring import new_columns
from jobs.monitoring.captures import stage_captures
from jobs.monitoring.published import stage_published
from jobs.monitoring.settings import Settings
from jobs.names import (
    ANSWER,
    ENTITY,
    EVENT_TIME,
    FAULT,
    INFERENCE_ID,
    LINE,
    NTH,
    ONCE,
    PLACE,
    PROBLEMS,
    ROW_KEY,
    SCORE,
    SERVED_AT,
    VERSION,
    at_place,
    refuse_equal,
)
from jobs.plan import Plan
from jobs.roles import entity, event_time, pointer, row_key
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.dataset import DatasetSection

UNREADABLE: Mapping[str, str] = {
    "broken": "captured lines are no events: half-written, or of another kind",
    "body": "requests hold no text, or were captured without their answer",
    "answers": "requests have another number of answers than rows",
    "row": "rows are no JSON objects",
    "numbers": "answers do not hold one number for each class or quantile",
    "several": "answers are lists of several numbers, and one is judged",
    "score": "answers hold no number that can be a score",
    "raw": "predictions are about rows that are not among the raw files",
}
"""Faults that are reported, each to the end of a sentence that begins with the number of rows."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """Counts of the rows that were read. The view ``served`` has all readable rows, of all versions.

    Args:
        columns: the expected columns, with declared types.
        sent: the columns that at least one row of the monitored version had; no caller sends the others.
        rows: number of rows of the monitored version.
        faults: number of lines or rows that are left out, by the keys of `UNREADABLE`.
        duplicates: number of rows that repeat an event: captured twice, or sent again with the same id.
        other_versions: number of rows of each other version.
    """

    columns: Mapping[str, str]
    sent: tuple[str, ...]
    rows: int
    faults: Mapping[str, int]
    duplicates: int
    other_versions: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def unreadable(self) -> int:
        """The number of lines and rows that could not be read."""
        return sum(self.faults.values())


def stage_served(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    settings: Settings,
    folders: Folders,
    program: Program,
    scratch: Path,
) -> Served:
    """Read the window's rows and create the view ``served``.

    Raises:
        InputError: when a file that the plan names does not exist.
    """
    columns = asked_columns(plan.dataset, settings, program)
    folder = scratch / "served"
    folder.mkdir()
    endpoint = settings.kind == "endpoint"
    # Without capture files this writes an empty Parquet file, so that the view has all columns.
    notes = stage_captures(
        connection,
        folders.input("captured"),
        settings.captured if endpoint else (),
        columns,
        folder / "captured.parquet",
        window=settings.window,
        version=settings.package.version,
        shape=AnswerShape.of(plan.dataset),
        empty_is_missing=program.format == "csv",
    )
    if not endpoint:
        inputs = folders.input("captured"), folders.input("raw")
        notes += stage_published(connection, *inputs, settings.published, plan.dataset, columns, folder)
    return _divided_by_version(connection, plan.dataset, settings, columns, folder, notes)


def asked_columns(dataset: DatasetSection, settings: Settings, program: Program) -> dict[str, str]:
    """The columns to read from each row: the model's inputs, keys, timestamp, and columns to segment by."""
    later = {*dataset.known_after, dataset.label}
    told_apart = [name for name in (*settings.segments, *settings.protected) if name not in later]
    return {
        **dataset.needed(label=False),
        **program.columns,
        **{name: dataset.columns[name] for name in told_apart},
    }


def _divided_by_version(
    connection: duckdb.DuckDBPyConnection,
    dataset: DatasetSection,
    settings: Settings,
    columns: Mapping[str, str],
    folder: Path,
    notes: list[str],
) -> Served:
    refuse_equal(columns)
    ours = (FAULT, INFERENCE_ID, SERVED_AT, SCORE, ANSWER, VERSION, LINE, ONCE, PLACE, PROBLEMS)
    named = [f"{at_place(place)} AS {quote(name)}" for place, name in enumerate(columns)]
    parts = files(sorted(folder.glob("*.parquet")))
    staged = (
        f"(SELECT {', '.join([*ours, *named])}, file_row_number AS {NTH} FROM "
        f"read_parquet({parts}, file_row_number = true, {NO_PATH_COLUMNS}))"
    )
    counted = connection.execute(
        f"SELECT {FAULT}, count(*) FROM {staged} WHERE {FAULT} IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    faults = {str(fault): int(count) for fault, count in counted if fault in UNREADABLE}
    connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT nth, once FROM (SELECT {NTH}, {ONCE}, "
        f"row_number() OVER (PARTITION BY {ONCE}, {PLACE} ORDER BY {SERVED_AT}, {NTH}) "
        f"FROM {staged} WHERE {FAULT} IS NULL AND {ONCE} IN (SELECT {ONCE} FROM {staged} "
        f"WHERE {FAULT} IS NULL GROUP BY {ONCE}, {PLACE} HAVING count(*) > 1)) AS numbered(nth, once, times) "
        "WHERE times > 1"
    )
    (duplicates,) = single(connection, "SELECT count(*) FROM repeated")
    left_out = (
        f"WHERE ({ONCE}, {NTH}) NOT IN (SELECT (once, nth) FROM repeated) AND" if duplicates else "WHERE"
    )
    keyed = " AND ".join(f"{quote(name)} IS NOT NULL" for name in dataset.row_key)
    # The key of a row without ids follows from its file, and a request has none.
    key = f"CASE WHEN {keyed} THEN {row_key(dataset)} END" if keyed else "NULL::VARCHAR"
    connection.execute(
        f"CREATE TEMP VIEW served AS SELECT * EXCLUDE ({FAULT}, {ONCE}, {PLACE}, {NTH}), "
        f"{key} AS {ROW_KEY}, {entity(dataset)} AS {ENTITY}, "
        f"{event_time(dataset)} AS {EVENT_TIME} FROM {staged} {left_out} {FAULT} IS NULL"
    )
    by_version = {
        int(version): int(count)
        for version, count in connection.execute(
            f"SELECT {VERSION}, count(*) FROM served GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    }
    rows = by_version.pop(settings.package.version, 0)
    new = new_columns.in_requests(connection, settings.package.version, {*columns, *dataset.columns})
    return Served(
        columns=columns,
        sent=_sent(connection, settings.package.version, columns) if rows else tuple(columns),
        rows=rows,
        faults=faults,
        duplicates=int(str(duplicates)),
        other_versions={str(version): count for version, count in by_version.items()},
        notes=(
            *(*notes, *new_columns.note(new, "row")),
            *_remarks(settings, rows, by_version, faults, int(str(duplicates))),
        ),
    )


def _sent(connection: duckdb.DuckDBPyConnection, version: int, columns: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that at least one row had, even as null; a column that no caller sends is missing here."""
    counts = ", ".join(f"count({quote(name)})" for name in columns)
    counted = single(connection, f"SELECT {counts} FROM served WHERE {VERSION} = {version}")
    empty = [name for name, count in zip(columns, counted, strict=True) if not count]
    if not empty:
        return tuple(columns)
    # Batch rows have no `LINE`; their files were checked to have every column.
    named = ", ".join(
        f"coalesce(bool_or({LINE} IS NULL OR json_exists({LINE}, {literal(pointer(name))})), false)"
        for name in empty
    )
    answered = single(connection, f"SELECT {named} FROM served WHERE {VERSION} = {version}")
    gone = {name for name, there in zip(empty, answered, strict=True) if not there}
    return tuple(name for name in columns if name not in gone)


def _remarks(
    settings: Settings, rows: int, others: Mapping[int, int], faults: Mapping[str, int], duplicates: int
) -> list[str]:
    notes = [f"{count:,} {UNREADABLE[fault]}." for fault, count in faults.items()]
    if duplicates:
        notes.append(f"{duplicates:,} rows of events that came more than once are counted once.")
    version = settings.package.version
    if not rows:
        notes.append(f"No row that version {version} answered could be read in this window.")
    for other, count in others.items():
        if count > rows:
            notes.append(
                f"Version {other} answered {count:,} rows, more than the {rows:,} of version {version}, "
                "which is the one that is judged here."
            )
    return notes
