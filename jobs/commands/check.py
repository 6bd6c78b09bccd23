"""Check job: join predictions to their rows, check them, and write the result of batch inference.

Writes ``parts/part-<number>.parquet``, one for each input file, and ``staged/manifest.json``, which lists
them. The result is published by copying the manifest to its final key, last. When any check fails, no part is
written.

When the plan has a delivery, the same rows are also written to ``delivery/`` in the format for clients.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from jobs import delivery
from jobs.answers import AnswerShape
from jobs.database import connect, copy_to, literal, parquet, quote, single
from jobs.errors import InputError
from jobs.folders import Folders, write_json
from jobs.plan import Plan
from jobs.predictions import answer_to, faults, load_answers, numbered_files, shape_in
from jobs.roles import moment
from jobs.verification import sha256_of
from mdlc_constructs.settings.payloads.batch import PredictionsManifest, PublishedPart, ScoringPackage
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.tasks import TASK_COLUMNS
from mdlc_constructs.settings.payloads.verdict import Verdict

COLUMNS = (
    "inference_id",
    "row_key",
    "entity",
    "event_time",
    "score",
    "predicted_at",
    "model_package_version",
)
"""The columns of every task's predictions; see `columns_of`."""


def columns_of(shape: AnswerShape) -> tuple[str, ...]:
    """The columns of published predictions: those of the task come after those of all tasks."""
    return (*COLUMNS, *TASK_COLUMNS.get(shape.task, ()))


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Raises:
        JobError: when keys are missing, or the plan has no package or no time of the predictions.
    """
    plan = plan.read_by("check")
    keys, predictions = folders.input("keys"), folders.input("predictions")
    reasons: list[str] = []
    parts: dict[str, str] = {}
    shape = AnswerShape.of(plan.dataset)
    total = 0
    with connect(memory) as (connection, _):
        for number, (file, name) in enumerate(numbered_files(plan)):
            key_file = keys / f"{name}.parquet"
            if not key_file.is_file():
                raise InputError(f"No keys of {file.name} at {key_file.name}: run the prepare job again.")
            rows = int(str(single(connection, f"SELECT count(*) FROM {parquet(key_file)}")[0]))
            total += rows
            if rows == 0:
                continue
            wrong, shape = _load(connection, predictions, name, rows, shape, file.name)
            reasons += wrong
            if not wrong:
                table = f"part_{number:05d}"
                connection.execute(f"CREATE TEMP TABLE {table} AS {_joined(plan, key_file, file.name)}")
                parts[f"part-{number:05d}.parquet"] = table
        if total == 0:
            reasons.append("No row was scored: the input held none.")
        metrics = {"parts": len(parts)}
        if not reasons:
            _write(connection, plan, folders, parts, total)
            if plan.delivery is not None:
                written = [folders.output("parts") / name for name in parts]
                metrics |= delivery.write(connection, plan, written, folders.output("delivery"))
    return Verdict(passed=not reasons, reasons=tuple(reasons), metrics=metrics, rows=total)


def _load(
    connection: duckdb.DuckDBPyConnection,
    predictions: Path,
    name: str,
    rows: int,
    shape: AnswerShape,
    file: str,
) -> tuple[list[str], AnswerShape]:
    """Load the answers to one file's records.

    Returns:
        A sentence for each problem, and the shape of the answers: vectors are as long as the first one.
    """
    try:
        path = answer_to(predictions, name)
        shape = shape if shape.several else shape_in(connection, path, shape)
        load_answers(connection, path, "scores", shape)
    except InputError as error:
        return [f"{file}: {error}"], shape
    return list(faults(connection, "scores", rows=rows, shape=shape, about=file)), shape


def _joined(plan: Plan, key_file: Path, file: str) -> str:
    """The SQL query of one file's prediction records.

    The inference id is a hash of row key, model, run and package version; where keys may repeat or are
    digests, also of the row's file and its number there.
    """
    version = plan.package.version
    identity = f"{literal(f'{plan.model}/{plan.run}/{version}/')} || keys.row_key"
    if not (plan.quality.unique_key and plan.dataset.row_key):
        identity += f" || chr(31) || {literal(file)} || chr(31) || keys.row"
    shape = AnswerShape.of(plan.dataset)
    group = ", keys.group_key" if shape.task == "ranking" else ""
    several = f", scores.answer AS {shape.published}" if shape.published else ""
    if shape.task == "forecast":
        several += ", CAST(keys.step AS INTEGER) AS step"
    if shape.task == "multiclass":
        several += f", {shape.prediction('scores.answer')} AS prediction"
    if shape.task == "cluster":
        several += ", CAST(scores.answer[1] AS INTEGER) AS cluster, scores.answer[2] AS distance"
    return (
        f"SELECT md5({identity}) AS inference_id, keys.row_key, keys.entity, keys.event_time, "
        f"scores.score, {moment(plan.predicted_at)} AS predicted_at, "
        f"CAST({version} AS INTEGER) AS model_package_version, keys.row{several}{group} "
        f"FROM {parquet(key_file)} AS keys JOIN scores ON scores.row = keys.row"
    )


def _write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, folders: Folders, parts: Mapping[str, str], total: int
) -> None:
    target, listed = folders.output("parts"), list[PublishedPart]()
    columns = columns_of(AnswerShape.of(plan.dataset))
    selected = ", ".join(columns)
    if plan.dataset.task == "ranking":
        _rank(connection, parts.values())
    for name, table in parts.items():
        path = target / name
        copy_to(connection, f"SELECT {selected} FROM {quote(table)} ORDER BY row", path)
        rows = int(str(single(connection, f"SELECT count(*) FROM {quote(table)}")[0]))
        listed.append(
            PublishedPart(name=f"parts/{name}", rows=rows, bytes=path.stat().st_size, sha256=sha256_of(path))
        )
    manifest = PredictionsManifest(
        model=plan.model,
        run=plan.run,
        data_version=plan.data_version,
        package=ScoringPackage(arn=plan.package.arn, version=plan.package.version),
        predicted_at=plan.predicted_at,
        rows=total,
        columns=columns,
        classes=plan.dataset.classes,
        quantiles=plan.dataset.forecast.quantiles if plan.dataset.forecast else None,
        parts=tuple(listed),
    )
    write_json(folders.output("staged") / "manifest.json", encode(manifest))


def _rank(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Add each row's rank in its group: 1 for the highest score, and one rank for equal scores.

    A group may be spread over several files.
    """
    rows = " UNION ALL ".join(
        f"SELECT {literal(table)} AS part, row, group_key, score FROM {quote(table)}" for table in tables
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ranks AS SELECT part, row, "
        f"CAST(rank() OVER (PARTITION BY group_key ORDER BY score DESC) AS INTEGER) AS rank FROM ({rows})"
    )
    for table in tables:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {quote(table)} AS SELECT scored.*, ranks.rank FROM {quote(table)} "
            f"AS scored JOIN ranks ON ranks.part = {literal(table)} AND ranks.row = scored.row"
        )
