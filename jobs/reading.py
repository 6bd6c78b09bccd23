"""Parses input files into typed rows and stages them once as Parquet on disk.

All later queries read the staged rows, so a file is parsed once, and no query needs the data in memory. A
value that does not fit its column's declared type becomes missing, and a note is stored with the row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from jobs.csv_files import LINE_BYTES, explain_error, rewrite
from jobs.database import NO_PATH_COLUMNS, file_name, files, literal, parquet, quote, single
from jobs.errors import UnreadableError
from jobs.names import FILE, FILE_ROW, PROBLEMS, REWRITTEN, internal, refuse_equal
from jobs.parquet_files import of_content
from jobs.sources import InputFile, InputFiles, Problem, not_readable
from jobs.values import SQL_TYPES, TEXTS, checked_value, parsed_value

BETWEEN, _WITHIN = "chr(30)", "chr(31)"  # separators of notes and of their parts; not used in text files
_FILENAME = literal("\x01filename")  # DuckDB's default name for it may be the name of a column
_ROW_GROUP = 20_480
_BUFFER_BYTES = 4_000_000
_FIRST, _NAMED = internal("first"), internal("named")
_LOST = "rows follow its first line, and none of them could be read: see how its lines end"
_BROKEN_PAGES = "its pages cannot be read: write the file anew"


def stage(
    connection: duckdb.DuckDBPyConnection,
    sources: InputFiles,
    columns: Mapping[str, str],
    target: Path,
    *,
    view: str = "staged",
    origins: Mapping[str, str] | None = None,
    numbered: bool = False,
) -> list[Problem]:
    """Parse the readable files into one Parquet file of typed rows, and create a view of it.

    The view has the declared columns, `jobs.names.FILE`, `jobs.names.PROBLEMS` (notes on the values that do
    not fit, or NULL; see `wrong_values`) and `jobs.names.REWRITTEN` (see `jobs.writing`).

    Args:
        target: the Parquet file to write.
        origins: columns to the names they have in the files, where these differ.
        numbered: whether the view has `jobs.names.FILE_ROW` too. Files are then read in their order, by one
            thread, which is slower.

    Returns:
        The problems of files that could not be read.
    """
    refuse_equal(columns)

    def copy(read: Sequence[InputFile], to: Path) -> None:
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[InputFile]] = {}
        for source in read:
            groups.setdefault((source.header, source.types), []).append(source)
        scans = [
            _scan(sources, group, columns, origins or {}, numbered=numbered) for group in groups.values()
        ]
        query = " UNION ALL ".join(scans) if scans else _nothing(columns, numbered=numbered)
        connection.execute(
            f"COPY ({query}) TO {literal(str(to))} (FORMAT parquet, ROW_GROUP_SIZE {_ROW_GROUP})"
        )

    readable, problems = _evened(sources, target)
    # Later queries order their results; staging without order needs far less memory.
    connection.execute(f"SET preserve_insertion_order = {str(numbered).lower()}")
    try:
        copy(readable, target)
        rows = _by_file(target) if numbered else f"FROM {parquet(target)}"
    except duckdb.Error as error:
        if not of_content(error):
            raise
        # DuckDB deletes its incomplete file a little later: the target's name must not be used again.
        problems.append(_culprit(readable, sources, error, copy, target))
        rows = _nothing(columns, numbered=numbered)
    finally:
        connection.execute("SET preserve_insertion_order = true")
        for source in readable:
            if source.uneven:
                source.path.unlink(missing_ok=True)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {quote(view)} AS {rows}")
    if not problems:
        held = rows_by_file(connection, view=view)
        lost = [source for source in readable if source.rows and source.file.name not in held]
        problems = [not_readable(source.file, sources.format, _LOST) for source in lost]
    return problems


def _evened(sources: InputFiles, target: Path) -> tuple[list[InputFile], list[Problem]]:
    """The files to read, and problems; files with mixed line ends are rewritten next to the target."""
    readable: list[InputFile] = []
    problems: list[Problem] = []
    for number, source in enumerate(sources.readable):
        path = source.path
        if source.uneven:
            path = target.with_name(f"{target.stem}-{number}.csv")
            try:
                rewrite(source.path, path, sources.csv.delimiter)
            except UnreadableError as error:
                path.unlink()
                problems.append(not_readable(source.file, sources.format, str(error)))
                continue
        readable.append(replace(source, path=path))
    return readable, problems


def _culprit(
    readable: Sequence[InputFile],
    sources: InputFiles,
    error: duckdb.Error,
    copy: Callable[[Sequence[InputFile], Path], None],
    target: Path,
) -> Problem:
    """The file that DuckDB's error is about, and the error in plain words."""
    text = str(error)
    guilty = next((s for s in readable if f"file = {file_name(s.path)}\n" in text), None)
    for number, source in enumerate(readable) if guilty is None else ():
        # Not every error names the file: read each file alone until one raises the error again.
        try:
            copy([source], target.with_name(f"{target.stem}-{number}.alone"))
        except duckdb.Error as again:
            if not of_content(again):
                raise
            guilty, text = source, str(again)
            break
    guilty = guilty or readable[0]
    why = explain_error(text, sources.csv.delimiter) if sources.format == "csv" else _BROKEN_PAGES
    return not_readable(guilty.file, sources.format, why)


def _by_file(target: Path) -> str:
    """The SQL query of staged rows, with each row's number in its file."""
    first = f"(SELECT {FILE}, min({FILE_ROW}) FROM {parquet(target)} GROUP BY 1) AS files({_NAMED}, {_FIRST})"
    return (
        f"SELECT rows.* EXCLUDE ({FILE_ROW}), rows.{FILE_ROW} - files.{_FIRST} + 1 AS {FILE_ROW} "
        f"FROM {parquet(target)} AS rows JOIN {first} ON files.{_NAMED} = rows.{FILE}"
    )


def _nothing(columns: Mapping[str, str], *, numbered: bool = False) -> str:
    typed = ", ".join(f"NULL::{SQL_TYPES[kind]} AS {quote(name)}" for name, kind in columns.items())
    ours = ", ".join(f"NULL::VARCHAR AS {name}" for name in (FILE, PROBLEMS, REWRITTEN))
    ours += f", NULL::BIGINT AS {FILE_ROW}" if numbered else ""
    return f"SELECT {typed}, {ours} WHERE false"


def _scan(
    sources: InputFiles,
    group: Sequence[InputFile],
    columns: Mapping[str, str],
    origins: Mapping[str, str],
    *,
    numbered: bool,
) -> str:
    """The SQL query over files with equal headers: typed columns, the file's name and the row's notes."""
    header, types = group[0].header, group[0].types or ("VARCHAR",) * len(group[0].header)
    paths = files(source.path for source in group)
    names = "MAP {" + ", ".join(f"{literal(file_name(s.path))}: {literal(s.file.name)}" for s in group) + "}"
    # Columns are read by position: DuckDB ignores the case of names, but files may differ only in case.
    places = {name: header.index(origins.get(name, name)) for name in columns}
    if sources.format == "parquet":
        columns_read = ", ".join(f"r{i}" for i in range(len(header)))
        options = f"filename = {_FILENAME}, {NO_PATH_COLUMNS}"
        origin = f"read_parquet({paths}, {options}) AS files({columns_read}, filename)"
    else:
        columns_read = "{" + ", ".join(f"'r{i}': 'VARCHAR'" for i in range(len(header))) + "}"
        origin = (
            f"read_csv({paths}, auto_detect = false, header = true, "
            f"delim = {literal(sources.csv.delimiter)}, quote = '\"', "
            f"escape = '\"', nullstr = '', columns = {columns_read}, filename = true, strict_mode = true, "
            f"max_line_size = {LINE_BYTES}, buffer_size = {_BUFFER_BYTES}, {NO_PATH_COLUMNS})"
        )
    # Files are read one after the other, so a row's number in all of them gives that in its file.
    number = f", row_number() OVER () AS {FILE_ROW}" if numbered else ""
    read, values, problems, rewritten = [], [], [], []
    for index, (name, kind) in enumerate(columns.items()):
        raw = f"r{places[name]}"
        value = parsed_value(raw, kind, types[places[name]])
        if kind == "timestamp" and sources.format == "csv" and sources.csv.timestamp_format is not None:
            value = f"CAST(TRY_STRPTIME({raw}, {literal(sources.csv.timestamp_format)}) AS TIMESTAMP)"
        read += [f"{raw} AS r_{index}", f"{value} AS p_{index}"]
        value, bad = checked_value(f"p_{index}", kind, f"r_{index}", types[places[name]])
        values.append(f"{value} AS {quote(name)}")
        if kind in TEXTS and types[places[name]] == "VARCHAR":
            rewritten.append(f"CASE WHEN r_{index} <> p_{index} THEN '{index}' END")
        if bad:
            text = f"'{index}' || {_WITHIN} || left(CAST(r_{index} AS VARCHAR), 40)"
            problems.append(f"CASE WHEN r_{index} IS NOT NULL AND {bad} THEN {text} END")
    problem_text, written = (
        f"nullif(concat_ws({BETWEEN}, {', '.join(notes)}), '')" if notes else "NULL::VARCHAR"
        for notes in (problems, rewritten)
    )
    return (
        f"SELECT {', '.join(values)}, {names}[filename] AS {FILE}, {problem_text} AS {PROBLEMS}, "
        f"{written} AS {REWRITTEN}{f', {FILE_ROW}' if numbered else ''} "
        f"FROM (SELECT {', '.join(read)}, filename{number} FROM {origin})"
    )


def wrong_values(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], *, view: str = "staged"
) -> list[tuple[str, int, str]]:
    """The columns with values that do not fit the declared type: name, number of values, and an example."""
    counted = connection.execute(
        f"""
        SELECT CAST(split_part(problem, {_WITHIN}, 1) AS INTEGER) AS i, count(*),
               min(split_part(problem, {_WITHIN}, 2))
        FROM (SELECT unnest(string_split({PROBLEMS}, {BETWEEN})) AS problem
              FROM {quote(view)} WHERE {PROBLEMS} IS NOT NULL)
        GROUP BY i ORDER BY i
        """
    ).fetchall()
    names = list(columns)
    return [(names[index], int(count), str(example)) for index, count, example in counted]


def rows_by_file(connection: duckdb.DuckDBPyConnection, *, view: str = "staged") -> dict[str, int]:
    """The number of rows of each file that has any."""
    query = f"SELECT {FILE}, count(*) FROM {quote(view)} GROUP BY 1 ORDER BY 1"
    return {str(name): int(count) for name, count in connection.execute(query).fetchall()}


def row_count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """The number of rows of a view or table."""
    return int(str(single(connection, f"SELECT count(*) FROM {quote(relation)}")[0]))
