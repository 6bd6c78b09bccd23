"""Input files as typed rows: headers are examined first, then the files are staged once as Parquet on disk.

All later queries read the staged rows, so that a file is parsed once, whatever is asked of it, and no query
needs the data in memory. A value that does not fit its column's declared type becomes missing and is noted
beside the row.
"""

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from jobs.database import NO_PATH_COLUMNS, literal, parquet, quoted, single
from jobs.names import FILE, PROBLEMS, REWRITTEN, refuse_equal
from jobs.plan import DataFile
from jobs.values import SQL_TYPES, TEXTS, checked, parsed

BETWEEN, _WITHIN = "chr(30)", "chr(31)"  # separators that no text file holds
_FILENAME = literal("\x01filename")  # DuckDB's own name for it may be a column's
_ROW_GROUP = 20_480
_BUFFER_BYTES = 4_000_000
_LINE_BYTES = 1_000_000
_NO_CSV = {
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x1f\x8b": "compressed by gzip (its name must end in .gz)",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something about one file that keeps it from being read; ``rule`` is the finding's name."""

    rule: str
    file: str
    message: str
    column: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """One readable file: where it lies and what its columns are called, in order."""

    file: DataFile
    path: Path
    header: tuple[str, ...]
    types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The files of a batch: those that can be read, and what is wrong with the others."""

    format: str
    readable: tuple[Source, ...]
    problems: tuple[Problem, ...] = field(default=())


def examine(
    connection: duckdb.DuckDBPyConnection,
    files: Iterable[DataFile],
    folder: Path,
    data_format: str,
    columns: Mapping[str, str],
) -> Sources:
    """Look at the beginning of each file: is it of the declared format, and are the needed columns there?"""
    readable, problems = [], []
    for file in files:
        path = folder / file.name
        look = _parquet_source if data_format == "parquet" else _csv_source
        found = look(connection, file, path)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        absent = [name for name in columns if name not in found.header]
        if len(absent) == len(columns):
            problems.append(_not_readable(file, data_format, "its first line names none of the columns"))
        elif absent:
            problems += [
                Problem(
                    rule="missing_column",
                    file=file.name,
                    column=name,
                    message=f"{file.name} has no column {name!r}; it has {_shortened(found.header)}.",
                )
                for name in absent
            ]
        else:
            readable.append(found)
    return Sources(format=data_format, readable=tuple(readable), problems=tuple(problems))


def _csv_source(connection: duckdb.DuckDBPyConnection, file: DataFile, path: Path) -> Source | Problem:
    if path.stat().st_size == 0:
        return Problem(rule="empty_file", file=file.name, message=f"{file.name} is empty.")
    compressed = path.name.endswith(".gz")
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not compressed:
        for magic, what in _NO_CSV.items():
            if head.startswith(magic):
                return _not_readable(file, "csv", f"it is {what}")
        if b"\x00" in head:
            return _not_readable(file, "csv", "it holds binary data")
    try:
        opened = gzip.open if compressed else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines, strict=True), None)
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        return _not_readable(file, "csv", f"its first line cannot be read ({error})")
    if not header:
        return Problem(rule="empty_file", file=file.name, message=f"{file.name} is empty.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        return _not_readable(file, "csv", f"its first line names the column {twice[0]!r} twice")
    return Source(file=file, path=path, header=tuple(header))


def _parquet_source(connection: duckdb.DuckDBPyConnection, file: DataFile, path: Path) -> Source | Problem:
    if path.stat().st_size == 0:
        return Problem(rule="empty_file", file=file.name, message=f"{file.name} is empty.")
    try:
        described = connection.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()
    except duckdb.Error:
        return _not_readable(file, "parquet", "its footer cannot be read")
    return Source(
        file=file,
        path=path,
        header=tuple(row[0] for row in described),
        types=tuple(row[1] for row in described),
    )


def _not_readable(file: DataFile, data_format: str, why: str) -> Problem:
    name = {"csv": "CSV", "parquet": "Parquet"}[data_format]
    return Problem(
        rule=f"not_{data_format}", file=file.name, message=f"{file.name} is not a {name} file: {why}."
    )


def _shortened(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown


def stage(
    connection: duckdb.DuckDBPyConnection,
    sources: Sources,
    columns: Mapping[str, str],
    target: Path,
    *,
    view: str = "staged",
    origins: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Parse the readable files into one Parquet file of typed rows, and name it as a view; returns what
    failed.

    ``origins`` says which column of the files another one is read from, when its own name is not the files'.
    The view has the declared columns, `jobs.names.FILE`, `jobs.names.PROBLEMS`: NULL, or what did not fit
    (see `wrong_values`), and `jobs.names.REWRITTEN` (see `jobs.writing`).
    """
    refuse_equal(columns)
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Source]] = {}
    for source in sources.readable:
        groups.setdefault((source.header, source.types), []).append(source)
    scans = [_scan(sources.format, group, columns, origins or {}) for group in groups.values()]
    query = " UNION ALL ".join(scans) if scans else _nothing(columns)
    # Later queries order what they write; unordered staging needs far less memory.
    connection.execute("SET preserve_insertion_order = false")
    problems = []
    try:
        connection.execute(
            f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE {_ROW_GROUP})"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
        problems = [_culprit(sources, str(error))]
        connection.execute(f"COPY ({_nothing(columns)}) TO {literal(str(target))} (FORMAT parquet)")
    finally:
        connection.execute("SET preserve_insertion_order = true")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS FROM {parquet(target)}")
    return problems


def _culprit(sources: Sources, error: str) -> Problem:
    """The file that DuckDB's message is about, and the first lines of what it says, without paths."""
    guilty = next((s for s in sources.readable if str(s.path) in error), sources.readable[0])
    lines = [line.strip() for line in error.replace(str(guilty.path), guilty.file.name).splitlines()]
    said = " ".join(line for line in lines[:4] if line)
    return _not_readable(guilty.file, sources.format, f"{said[:300]}")


def _nothing(columns: Mapping[str, str]) -> str:
    typed = ", ".join(f"NULL::{SQL_TYPES[kind]} AS {quoted(name)}" for name, kind in columns.items())
    ours = ", ".join(f"NULL::VARCHAR AS {name}" for name in (FILE, PROBLEMS, REWRITTEN))
    return f"SELECT {typed}, {ours} WHERE false"


def _scan(
    data_format: str, group: Sequence[Source], columns: Mapping[str, str], origins: Mapping[str, str]
) -> str:
    """A query over files with one header, giving typed columns, the file's name and the row's problems."""
    header, types = group[0].header, group[0].types or ("VARCHAR",) * len(group[0].header)
    paths = "[" + ", ".join(literal(str(source.path)) for source in group) + "]"
    names = "MAP {" + ", ".join(f"{literal(str(s.path))}: {literal(s.file.name)}" for s in group) + "}"
    # Columns are read by position: DuckDB's names ignore case, files' names do not.
    places = {name: header.index(origins.get(name, name)) for name in columns}
    if data_format == "parquet":
        given = ", ".join(f"r{i}" for i in range(len(header)))
        origin = (
            f"read_parquet({paths}, filename = {_FILENAME}, {NO_PATH_COLUMNS}) AS files({given}, filename)"
        )
    else:
        given = "{" + ", ".join(f"'r{i}': 'VARCHAR'" for i in range(len(header))) + "}"
        origin = (
            f"read_csv({paths}, auto_detect = false, header = true, delim = ',', quote = '\"', "
            f"escape = '\"', nullstr = '', columns = {given}, filename = true, strict_mode = true, "
            f"max_line_size = {_LINE_BYTES}, buffer_size = {_BUFFER_BYTES}, {NO_PATH_COLUMNS})"
        )
    read, values, problems, rewritten = [], [], [], []
    for index, (name, kind) in enumerate(columns.items()):
        raw = f"r{places[name]}"
        read += [f"{raw} AS r_{index}", f"{parsed(raw, kind, types[places[name]])} AS p_{index}"]
        value, bad = checked(f"p_{index}", kind, f"r_{index}", types[places[name]])
        values.append(f"{value} AS {quoted(name)}")
        if kind in TEXTS and types[places[name]] == "VARCHAR":
            rewritten.append(f"CASE WHEN r_{index} <> p_{index} THEN '{index}' END")
        if bad:
            text = f"'{index}' || {_WITHIN} || left(CAST(r_{index} AS VARCHAR), 40)"
            problems.append(f"CASE WHEN r_{index} IS NOT NULL AND {bad} THEN {text} END")
    noted, written = (
        f"nullif(concat_ws({BETWEEN}, {', '.join(notes)}), '')" if notes else "NULL::VARCHAR"
        for notes in (problems, rewritten)
    )
    return (
        f"SELECT {', '.join(values)}, {names}[filename] AS {FILE}, {noted} AS {PROBLEMS}, "
        f"{written} AS {REWRITTEN} "
        f"FROM (SELECT {', '.join(read)}, filename FROM {origin})"
    )


def wrong_values(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], *, view: str = "staged"
) -> list[tuple[str, int, str]]:
    """The columns that hold values of another type: name, how many, and an example."""
    found = connection.execute(
        f"""
        SELECT CAST(split_part(problem, {_WITHIN}, 1) AS INTEGER) AS i, count(*),
               min(split_part(problem, {_WITHIN}, 2))
        FROM (SELECT unnest(string_split({PROBLEMS}, {BETWEEN})) AS problem
              FROM {quoted(view)} WHERE {PROBLEMS} IS NOT NULL)
        GROUP BY i ORDER BY i
        """
    ).fetchall()
    names = list(columns)
    return [(names[index], int(count), str(example)) for index, count, example in found]


def rows_by_file(connection: duckdb.DuckDBPyConnection, *, view: str = "staged") -> dict[str, int]:
    """How many rows each file gave."""
    query = f"SELECT {FILE}, count(*) FROM {quoted(view)} GROUP BY 1 ORDER BY 1"
    return {str(name): int(count) for name, count in connection.execute(query).fetchall()}


def row_count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows a view or table has."""
    return int(str(single(connection, f"SELECT count(*) FROM {quoted(relation)}")[0]))
