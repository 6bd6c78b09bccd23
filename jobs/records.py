"""Writes records of a model's containers in the format that they take: CSV, LIBSVM, JSON Lines, RecordIO."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from jobs import ranking
from jobs.database import copy_to, literal
from jobs.errors import InputError
from jobs.names import LABEL
from jobs.plan import Plan
from jobs.program import to_sql
from jobs.serving import recordio
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.records import SUFFIXES, RecordFormat

_ROWS_AT_ONCE = 10_000


def record_format(name: str) -> RecordFormat:
    """The format that a feature program names.

    Raises:
        InputError: when these jobs do not know it.
    """
    for known in SUFFIXES:
        if known == name:
            return known
    raise InputError(
        f"The feature program names records {name!r}: use jobs of the release that trained the model."
    )


def write_records(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    relation: str,
    path: Path,
    *,
    kind: RecordFormat,
    order: str,
    leading: Sequence[str] = (),
) -> None:
    """Write the features of a relation's rows in order, one record a row.

    Args:
        leading: the SQL expressions of the label and of the weight, if any.

    Raises:
        InputError: when a number is too large for the format.
    """
    if kind == "csv":
        copy_to(connection, to_sql(program, relation, leading=leading, order=order), path)
        return
    numbered = [f"row_number() OVER (ORDER BY {order})", *leading]
    first = ("label", "weight")[: len(leading)]
    features = [f"f{number}" for number in range(len(program.steps))]
    names = ", ".join(["place", *first, *features])
    rows = f"({to_sql(program, relation, leading=numbered)}) AS records({names})"
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "recordio":
        selected = ", ".join([*first, *features])
        connection.execute(f"SELECT {selected} FROM {rows} ORDER BY place")
        _write_recordio(connection, path, labelled=bool(first))
        return
    line = _libsvm(first, features) if kind == "libsvm" else _json(first, features)
    # A delimiter and quotes that no number holds: the lines are written as they are.
    connection.execute(
        f"COPY (SELECT {line} FROM {rows} ORDER BY place) TO {literal(str(path))} "
        "(FORMAT csv, HEADER false, DELIMITER '\x1f', QUOTE '', ESCAPE '')"
    )


def _libsvm(first: Sequence[str], features: Sequence[str]) -> str:
    """The SQL expression of a LIBSVM line; it begins with a label even where there is none to tell."""
    label = ":".join(first) if len(first) < 2 else "label || ':' || weight"
    values = ", ".join(f"'{number}:' || {name}" for number, name in enumerate(features))
    return f"concat_ws(' ', {label or 0}, {values})"


def _json(first: Sequence[str], features: Sequence[str]) -> str:
    """The SQL expression of a JSON object.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
    """
    members = "".join(f"'{name}', {name}, " for name in first)
    return f"CAST(json_object({members}'features', [{', '.join(features)}]) AS VARCHAR)"


def _write_recordio(connection: duckdb.DuckDBPyConnection, path: Path, *, labelled: bool) -> None:
    with path.open("wb") as stream:
        while rows := connection.fetchmany(_ROWS_AT_ONCE):
            try:
                stream.write(
                    b"".join(
                        recordio.encode(row[1:], row[0]) if labelled else recordio.encode(row) for row in rows
                    )
                )
            except OverflowError:
                raise InputError(
                    f"A number of {path.name} is too large for the 32 bits of a RecordIO record: divide the "
                    "column by a constant, or leave it out of the features."
                ) from None


def divide(path: Path, shards: int, kind: RecordFormat, *, grouped: bool = False) -> dict[str, Path]:
    """Divide a file of records into files of equal numbers of records (they differ by one at most).

    The records go to the files in turn, so that each file has some of every time.

    Args:
        grouped: whether the lines are of a ranking; then the groups go to the files in turn.

    Returns:
        The files by name; the only one itself when `shards` is 1.

    Raises:
        InputError: when there are fewer records than files.
    """
    if shards == 1:
        return {path.name: path}
    paths = [path.with_name(f"part-{number:05d}{path.suffix}") for number in range(shards)]
    streams = [place.open("wb") for place in paths]
    last = -1
    try:
        for place, record in _places(path, kind, grouped=grouped):
            streams[place % shards].write(record)
            last = place
    finally:
        for stream in streams:
            stream.close()
    if last + 1 < shards:
        what = "groups" if grouped else "records"
        raise InputError(
            f"The training part has {last + 1} {what} for {shards} instances: train with fewer instances "
            "(Compute(instance_count=...)), or on more data."
        )
    path.unlink()
    return {place.name: place for place in paths}


def _places(path: Path, kind: RecordFormat, *, grouped: bool) -> Iterator[tuple[int, bytes]]:
    """Each record with its number from 0, or that of its group."""
    if kind == "recordio":
        yield from enumerate(recordio.frames(path.read_bytes()))
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            yield int(line.split(b" ", 2)[1].removeprefix(b"qid:")) if grouped else number, line


def first_record(path: Path) -> bytes:
    """The first record of a file."""
    if path.suffix == SUFFIXES["recordio"]:
        return next(recordio.frames(path.read_bytes()))
    with path.open("rb") as lines:
        return next(lines)


def write_parts(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    program: Program,
    split: Path,
    leading: Sequence[str],
    order: str,
) -> dict[str, Path]:
    """Write the records to train on and to validate on; returns the files' paths by name.

    Args:
        leading: the SQL expressions of the label and of the weight, if any.
    """
    kind, ranked = plan.records.training, plan.dataset.task == "ranking"
    files = dict[str, Path]()
    for part in ("train", "validation"):
        path = split / part / f"{part}{plan.records.training_suffix}"
        if ranked:
            query = ranking.training_records(program, plan.dataset, part, label=LABEL, order=order)
            copy_to(connection, query, path)
        else:
            write_records(connection, program, part, path, kind=kind, order=order, leading=leading)
        written = divide(path, plan.records.shards if part == "train" else 1, kind, grouped=ranked)
        files |= {f"{part}/{name}": place for name, place in written.items()}
    return files


def write_holdout(
    connection: duckdb.DuckDBPyConnection, program: Program, split: Path, folder: str, order: str
) -> dict[str, Path]:
    """Write the records of the holdout that a model scores, in the format that its container takes."""
    kind = record_format(program.records)
    name = f"{folder}/holdout{SUFFIXES[kind]}"
    write_records(connection, program, "holdout", split / name, kind=kind, order=order)
    return {name: split / name}
