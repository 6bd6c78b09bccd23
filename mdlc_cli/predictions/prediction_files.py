"""Writes a batch's or a window's predictions to one file, part by part."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.objects import StoredFile
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.output import closed_pipe, progress
from mdlc_cli.predictions import parquet

STANDARD_OUTPUT = "-"
KINDS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""The format of a file by the end of its name."""
ESCAPED = "texts that a spreadsheet would run as a formula begin with an apostrophe"
CONCATENATED = ("csv", "jsonl")
"""Formats of which a file can be written part by part."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """Stored predictions.

    Attributes:
        what: a noun for them, such as ``predictions of run 4f83283f``.
        parts: Parquet files, in their order.
        rows: the number of rows that their manifest says; None without one.
    """

    what: str
    parts: Sequence[StoredFile]
    rows: int | None = None

    @property
    def bytes(self) -> int:
        """The size of all parts."""
        return sum(part.bytes for part in self.parts)


def kind_of(name: str) -> str:
    """The format of a file of predictions, by its name; CSV for standard output.

    Raises:
        CommandError: its name ends in something else, or it is a folder.
    """
    if Path(name).is_dir():
        raise CommandError(
            f"--predictions {name} is a folder: give a file, such as {Path(name) / 'rows.csv'}"
        )
    suffix = Path(name).suffix.lower()
    kind = KINDS.get(suffix or ".csv")
    if kind is None:
        ends = ", ".join(sorted({"." + kind for kind in KINDS.values()}))
        raise CommandError(f"--predictions {name} names no format: end it in one of {ends}")
    return kind


def write(target: Target, records: Records, name: str) -> int:
    """Write predictions to a file; an existing one is replaced when all rows are written.

    Args:
        target: the AWS to read from.
        records: the predictions.
        name: the file's path, whose end says the format, or ``-`` for CSV on standard output.

    Returns:
        The number of rows.

    Raises:
        CommandError: a part does not exist any more, or the file cannot be written.
    """
    kind = kind_of(name)
    with progress.step(f"writing {records.what} to {_shown(name)}") as step:
        try:
            with _place(name) as (folder, finish):
                rows = _write(target, records, kind, folder, finish, step)
        except BrokenPipeError:
            closed_pipe.end()
        except OSError as error:
            raise objects.unwritable(Path(name), error) from error
        more = f", {ESCAPED}" if kind == "csv" else ""
        step.summary = f"{rows:,} rows, {progress.megabytes(records.bytes)} read{more}"
    return rows


@dataclass(kw_only=True)
class _Finish:
    """Where rows go: a stream, or a file that `path` is moved to."""

    stream: IO[bytes] | None = None
    to: Path | None = None

    def append(self, path: Path) -> None:
        assert self.stream is not None
        with path.open("rb") as file:
            shutil.copyfileobj(file, self.stream, 1024 * 1024)


@contextmanager
def _place(name: str) -> Iterator[tuple[Path, _Finish]]:
    """A temporary folder for parts, and where the rows go."""
    path = Path(name)
    if name == STANDARD_OUTPUT:
        with TemporaryDirectory(prefix="mdlc-") as folder:
            sys.stdout.flush()
            yield Path(folder), _Finish(stream=sys.stdout.buffer)
            sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():
        # A device or a pipe is written to; a file moved to its place would replace it.
        with TemporaryDirectory(prefix="mdlc-") as folder, path.open("wb") as stream:
            yield Path(folder), _Finish(stream=stream)
    else:
        # In the same folder, so that the file can be moved into place at once.
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".mdlc-") as folder:
            yield Path(folder), _Finish(to=path)


def _write(
    target: Target, records: Records, kind: str, folder: Path, finish: _Finish, step: progress.Step
) -> int:
    whole = folder / f"all.{kind}"
    with parquet.converter() as converter:
        if kind in CONCATENATED:
            rows = 0
            with whole.open("wb") as stream:
                sink = finish if finish.stream is not None else _Finish(stream=stream)
                for number, part in enumerate(_fetched(target, records, folder, step)):
                    text = folder / f"part.{kind}"
                    rows += converter.export([part], text, kind, header=number == 0)
                    part.unlink()
                    sink.append(text)
                    text.unlink()
        else:
            # A Parquet file has its columns' types at its end, so it is written from all parts at once.
            rows = converter.export(list(_fetched(target, records, folder, step)), whole, kind)
    if records.rows is not None and rows != records.rows:
        raise CommandError(
            f"the parts of the {records.what} have {rows:,} rows and their manifest says {records.rows:,}: "
            "score again with `mdlc run batch-inference`"
        )
    if finish.to is not None:
        objects.moved(whole, finish.to)
    elif kind not in CONCATENATED:
        finish.append(whole)
    return rows


def _fetched(target: Target, records: Records, folder: Path, step: progress.Step) -> Iterator[Path]:
    """The parts as local files, downloaded when they are asked for."""
    s3, total, size = target.client("s3"), len(records.parts), progress.megabytes(records.bytes)
    before = 0
    for number, part in enumerate(records.parts):
        path = folder / f"{number:05d}.parquet"
        if not objects.download(s3, part.uri, path, _count(step, before, size, number, total)):
            raise CommandError(
                f"{part.uri} does not exist (any more): score again with `mdlc run batch-inference`"
            )
        before += part.bytes
        yield path


def _count(step: progress.Step, before: int, size: str, number: int, total: int) -> Callable[[int], None]:
    done = before

    def more(count: int) -> None:
        nonlocal done
        done += count
        step.detail(f"{progress.megabytes(done)} of {size}, part {number + 1} of {total}")

    return more


def quantiles(target: Target, records: Records, at: Sequence[float], column: str = "score") -> list[Any]:
    """Quantiles of the scores over all rows; downloads all parts."""
    with (
        progress.step(f"reading the {records.what}") as step,
        TemporaryDirectory(prefix="mdlc-") as folder,
        parquet.converter() as converter,
    ):
        values = converter.quantiles(list(_fetched(target, records, Path(folder), step)), column, at)
        step.summary = progress.megabytes(records.bytes)
    return values


def _shown(name: str) -> str:
    return "standard output" if name == STANDARD_OUTPUT else name
