"""The served rows of a window, whatever served them: read, each event once, told apart by version.

Staged rows hold ``_fault`` (why a row is left out, or NULL), ``_inference_id``, ``_served_at``, ``_score``,
``_version``, ``_line`` (the row as it was sent), ``_once`` and ``_place`` (which together tell an event's
row from others), the notes of `jobs.reading` on values that do not fit, and the columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobs.database import NO_PATH_COLUMNS, files, literal, quoted, single
from jobs.folders import Folders
from jobs.monitoring.captures import pointer, stage_captures
from jobs.monitoring.published import stage_published
from jobs.monitoring.settings import Settings
from jobs.plan import Dataset, Plan
from jobs.roles import row_key
from jobs.serving.program import Program

UNREADABLE: Mapping[str, str] = {
    "broken": "captured lines are no events: half-written, or of another kind",
    "body": "requests hold no text, or were captured without their answer",
    "answers": "requests have another number of answers than rows",
    "row": "rows are no JSON objects",
    "several": "answers are lists of several numbers, and one is judged",
    "score": "answers hold no number that can be a score",
    "raw": "predictions are about rows that are not among the raw files",
}
"""Why rows are left out, as the end of a sentence that begins with their number."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What was read, as the view ``served``: every row that can be judged, of whatever version.

    :param columns: the columns that were looked for, with declared types.
    :param sent: those of them that any row of the judged version had; the others no caller sends.
    :param rows: of the judged version.
    :param faults: lines or rows that are left out, by `UNREADABLE`'s names.
    :param duplicates: rows of events that were captured, or asked by the same id, more than once.
    :param other_versions: rows of other versions.
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
        """How many lines and rows could not be read."""
        return sum(self.faults.values())


def stage_served(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    settings: Settings,
    folders: Folders,
    program: Program,
    scratch: Path,
) -> Served:
    """Read the window's rows and make the view ``served``.

    :raises InputError: when a file that the plan names is not there.
    """
    columns = asked_columns(plan.dataset, settings, program)
    folder = scratch / "served"
    folder.mkdir()
    endpoint = settings.kind == "endpoint"
    # Without any file this is an empty one, which gives the view its columns.
    notes = stage_captures(
        connection,
        folders.input("captured"),
        settings.captured if endpoint else (),
        columns,
        folder / "captured.parquet",
        window=settings.window,
        version=settings.package.version,
        task=plan.dataset.task,
        empty_is_missing=program.format == "csv",
    )
    if not endpoint:
        inputs = folders.input("captured"), folders.input("raw")
        notes += stage_published(connection, *inputs, settings.published, plan.dataset, columns, folder)
    return _told_apart(connection, plan.dataset, settings, columns, folder, notes)


def asked_columns(dataset: Dataset, settings: Settings, program: Program) -> dict[str, str]:
    """What is read of each row: what the model is given, what joins it to labels, what tells it apart."""
    later = {*dataset.known_after, dataset.label}
    told_apart = [name for name in (*settings.segments, *settings.protected) if name not in later]
    return {
        **dataset.needed(label=False),
        **program.columns,
        **{name: dataset.columns[name] for name in told_apart},
    }


def _told_apart(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    settings: Settings,
    columns: Mapping[str, str],
    folder: Path,
    notes: list[str],
) -> Served:
    parts = files(sorted(folder.glob("*.parquet")))
    staged = f"read_parquet({parts}, file_row_number = true, {NO_PATH_COLUMNS})"
    numbered = f"(SELECT *, _served_at AS _at, file_row_number AS _n FROM {staged})"
    counted = connection.execute(
        f"SELECT _fault, count(*) FROM {staged} WHERE _fault IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    faults = {str(fault): int(count) for fault, count in counted if fault in UNREADABLE}
    connection.execute(
        "CREATE TEMP TABLE repeated AS SELECT _n, _once AS once FROM ("
        "SELECT _n, _once, row_number() OVER (PARTITION BY _once, _place ORDER BY _at, _n) AS nth "
        f"FROM {numbered} WHERE _fault IS NULL AND _once IN (SELECT _once FROM {staged} WHERE _fault IS NULL "
        "GROUP BY _once, _place HAVING count(*) > 1)) WHERE nth > 1"
    )
    (duplicates,) = single(connection, "SELECT count(*) FROM repeated")
    left_out = (
        "WHERE (_once, file_row_number) NOT IN (SELECT (once, _n) FROM repeated) AND"
        if duplicates
        else "WHERE"
    )
    entity = f"CAST({quoted(dataset.entity)} AS VARCHAR)" if dataset.entity else "NULL::VARCHAR"
    keyed = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in dataset.row_key)
    connection.execute(
        "CREATE TEMP VIEW served AS SELECT * EXCLUDE (_fault, _once, _place, file_row_number), "
        f"CASE WHEN {keyed} THEN {row_key(dataset)} END AS _row_key, {entity} AS _entity, "
        f"{quoted(dataset.timestamp)} AS _event_time FROM {staged} {left_out} _fault IS NULL"
    )
    by_version = {
        int(version): int(count)
        for version, count in connection.execute(
            "SELECT _version, count(*) FROM served GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    }
    rows = by_version.pop(settings.package.version, 0)
    return Served(
        columns=columns,
        sent=_sent(connection, settings.package.version, columns) if rows else tuple(columns),
        rows=rows,
        faults=faults,
        duplicates=int(str(duplicates)),
        other_versions={str(version): count for version, count in by_version.items()},
        notes=(*notes, *_remarks(settings, rows, by_version, faults, int(str(duplicates)))),
    )


def _sent(connection: duckdb.DuckDBPyConnection, version: int, columns: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that any row had, if only as null; a column that nobody sends any more is gone."""
    counts = ", ".join(f"count({quoted(name)})" for name in columns)
    found = single(connection, f"SELECT {counts} FROM served WHERE _version = {version}")
    empty = [name for name, count in zip(columns, found, strict=True) if not count]
    if not empty:
        return tuple(columns)
    # Of batches there are no lines: their files were found to have every column.
    named = ", ".join(
        f"coalesce(bool_or(_line IS NULL OR json_exists(_line, {literal(pointer(name))})), false)"
        for name in empty
    )
    answered = single(connection, f"SELECT {named} FROM served WHERE _version = {version}")
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
