"""Examines the files of a batch before they are read: which are readable, and the problems of the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from jobs.csv_files import no_column, read_head
from jobs.errors import UnreadableError
from jobs.parquet_files import footer
from mdlc_constructs.settings.payloads.dataset import CsvFormat
from mdlc_constructs.settings.payloads.job_plan import DataFile


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem that makes one file unreadable; ``rule`` is the name of its finding."""

    rule: str
    file: str
    message: str
    column: str | None = None


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One readable file: its path and its column names, in order.

    ``rows``: whether it is known to have rows; ``uneven``: whether it has mixed line ends.
    """

    file: DataFile
    path: Path
    header: tuple[str, ...]
    types: tuple[str, ...] = ()
    rows: bool = False
    uneven: bool = False


@dataclass(frozen=True, kw_only=True)
class InputFiles:
    """The files of a batch: the readable ones, and the problems of the others.

    Empty files of 0 bytes, which distributed engines may write, are in neither.
    """

    format: str
    readable: tuple[InputFile, ...]
    problems: tuple[Problem, ...] = field(default=())
    csv: CsvFormat = field(default_factory=CsvFormat)


def examine(
    connection: duckdb.DuckDBPyConnection,
    files: Iterable[DataFile],
    folder: Path,
    data_format: str,
    columns: Mapping[str, str],
    *,
    csv: CsvFormat | None = None,
) -> InputFiles:
    """Check each file: it must have the declared format and each needed column exactly once."""
    readable, problems = [], []
    csv = csv or CsvFormat()
    for file in files:
        path = folder / file.name
        try:
            source = (
                _parquet_source(connection, file, path)
                if data_format == "parquet"
                else _csv_source(file, path, csv.delimiter)
            )
        except UnreadableError as error:
            problems.append(not_readable(file, data_format, str(error)))
            continue
        if not source.header:
            continue
        absent = [name for name in columns if name not in source.header]
        twice = [name for name in columns if source.header.count(name) > 1]
        if twice:
            problems.append(not_readable(file, data_format, f"it has the column {twice[0]!r} more than once"))
        elif len(absent) == len(columns):
            why = (
                f"it has none of the columns that are looked for; it has {_shortened(source.header)}"
                if data_format == "parquet"
                else no_column(source.header, tuple(columns), csv.delimiter)
            )
            problems.append(not_readable(file, data_format, why))
        elif absent:
            problems += [
                Problem(
                    rule="missing_column",
                    file=file.name,
                    column=name,
                    message=f"{file.name} has no column {name!r}; it has {_shortened(source.header)}.",
                )
                for name in absent
            ]
        else:
            readable.append(source)
    return InputFiles(format=data_format, readable=tuple(readable), problems=tuple(problems), csv=csv)


def _csv_source(file: DataFile, path: Path, delimiter: str) -> InputFile:
    head = read_head(path, delimiter)
    return InputFile(file=file, path=path, header=head.header, rows=head.rows, uneven=head.uneven)


def _parquet_source(connection: duckdb.DuckDBPyConnection, file: DataFile, path: Path) -> InputFile:
    header, types = footer(connection, path)
    return InputFile(file=file, path=path, header=header, types=types)


def not_readable(file: DataFile, data_format: str, why: str) -> Problem:
    """The problem of a file that is not of the declared format."""
    name = {"csv": "CSV", "parquet": "Parquet"}[data_format]
    return Problem(
        rule=f"not_{data_format}", file=file.name, message=f"{file.name} is not a {name} file: {why}."
    )


def _shortened(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
