"""Checks files against a dataset's declaration before they are uploaded, by the quality job's own reader.

`mdlc put` runs it in an environment with DuckDB: it reads a `Request` as JSON from standard input, and writes
a list of `Checked`, one a file, to standard output.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from jobs.csv_files import LINE_BYTES, read_head
from jobs.database import connect
from jobs.errors import UnreadableError
from jobs.parquet_files import footer
from jobs.reading import row_count, stage, wrong_values
from jobs.rules import type_rules
from jobs.sources import Problem, examine
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.dataset import CsvFormat, DatasetSection
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile

_SHOWN = 40
"""Characters of a value that `jobs.reading` notes when it does not fit."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is checked.

    Attributes:
        dataset: the declaration.
        files: paths of the files.
        label: whether the label must be in the files.
        further: columns that must be there with the label: rows to train on are divided by them.
    """

    dataset: DatasetSection
    files: tuple[str, ...]
    label: bool
    further: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file: the number of its rows, and its problems, one sentence each."""

    file: str
    rows: int
    problems: tuple[str, ...]


def check(request: Request, memory: str | None = None) -> list[Checked]:
    """Check files as the quality job does before its rules: format, columns and types."""
    checked = []
    for number, name in enumerate(request.files):
        with connect(memory) as (connection, scratch):
            checked.append(_check(connection, Path(name), request, scratch / f"staged-{number}.parquet"))
    return checked


def _check(connection: duckdb.DuckDBPyConnection, path: Path, request: Request, staged: Path) -> Checked:
    dataset = request.dataset
    further = request.further if request.label else ()
    columns = {
        **dataset.needed(label=request.label),
        **{name: dataset.columns[name] for name in further if name in dataset.columns},
    }
    format_ = dataset.csv if dataset.format == "csv" else None
    file = DataFile(name=path.name, size=path.stat().st_size, checksum=Checksum(algorithm="", value=""))
    sources = examine(connection, [file], path.parent, dataset.format, columns, csv=dataset.csv)
    problems = [*sources.problems, *stage(connection, sources, columns, staged)]
    if problems:
        header = _header(connection, path, dataset)
        sentences = [_sentence(problem, header, dataset, columns) for problem in problems]
        return Checked(file=str(path), rows=0, problems=tuple(sentences))
    rows = row_count(connection, "staged")
    if not rows:
        return Checked(file=str(path), rows=0, problems=(f"{path.name} holds no row: fill it first",))
    examples = {name: example for name, _, example in wrong_values(connection, columns)}
    wrong = tuple(
        f"{path.name}{_place(path, str(finding.column), examples, dataset)}: "
        f"{finding.message.rstrip('.')}{': correct them' if format_ is None else ''}"
        for finding in type_rules(connection, columns, format_)
    )
    return Checked(file=str(path), rows=rows, problems=wrong)


def _header(connection: duckdb.DuckDBPyConnection, path: Path, dataset: DatasetSection) -> Sequence[str]:
    with suppress(UnreadableError):
        if dataset.format == "parquet":
            return footer(connection, path)[0]
        return read_head(path, dataset.csv.delimiter).header
    return ()


def _sentence(
    problem: Problem, header: Sequence[str], dataset: DatasetSection, columns: Mapping[str, str]
) -> str:
    """A problem with its remedy."""
    said = problem.message.rstrip(".")
    if problem.rule != "missing_column" or problem.column is None:
        return said
    if problem.column == dataset.label:
        return f"{said}: add the label, or give rows to score with --for batch-inference"
    others = {name.lower(): name for name in header if name not in columns}
    near = get_close_matches(problem.column.lower(), others, n=1)
    return f"{said}: " + (f"did you mean {others[near[0]]!r}?" if near else "add it, or correct the dataset")


def _place(path: Path, column: str, examples: Mapping[str, str], dataset: DatasetSection) -> str:
    """The line of a wrong value, for a CSV file; otherwise, or if it is not found, empty."""
    if dataset.format != "csv":
        return ""
    for line, value in _values(path, column, dataset.csv):
        if value[:_SHOWN] == examples.get(column):
            return f", line {line}"
    return ""


def _values(path: Path, column: str, csv_format: CsvFormat) -> Iterator[tuple[int, str]]:
    """A column's values, each with the number of its line."""
    before = csv.field_size_limit(LINE_BYTES)
    opened: Any = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=csv_format.delimiter)
            place = next(reader).index(column)
            line = reader.line_num + 1
            for row in reader:
                if len(row) > place:
                    yield line, row[place]
                line = reader.line_num + 1
    finally:
        csv.field_size_limit(before)


def main() -> None:
    """Reads one request and writes what was checked."""
    request = decode(Request, json.load(sys.stdin))
    json.dump([encode(checked) for checked in check(request)], sys.stdout)


if __name__ == "__main__":
    main()
