"""Answers job: check that every record of a batch of files has an answer, and write the answers.

Writes ``parts/part-<number>.parquet``, one for each file, and ``staged/manifest.json``, which lists them. A
row has the answer as the model wrote it and, where it can be read, the most probable class and its
probability. The result is published by copying the manifest to its final key, last. When any check fails, no
part is written.
"""

from pathlib import Path

import duckdb

from jobs.channels.examples import ChannelFiles, find_files
from jobs.database import connect, copy_to, literal, single
from jobs.folders import Folders, write_json
from jobs.plan import Plan
from jobs.roles import moment
from jobs.verification import sha256_of
from mdlc_constructs.settings.payloads.batch import PredictionsManifest, PublishedPart, ScoringPackage
from mdlc_constructs.settings.payloads.channels import LABEL_PREFIX
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.verdict import Verdict

COLUMNS = (
    "inference_id",
    "row_key",
    "entity",
    "event_time",
    "score",
    "predicted_at",
    "model_package_version",
    "prediction",
    "answer",
)
"""The columns of the published answers: those of all predictions, the class, and the answer as it is."""

_LINE_BYTES = 16_000_000


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Raises:
        JobError: when a file is not the planned one, or the plan has no package or no time.
    """
    plan = plan.read_by("answers")
    (channel,) = find_files(plan, folders)
    predictions = folders.input("predictions")
    reasons: list[str] = []
    tables: list[str] = []
    total = 0
    with connect(memory) as (connection, _):
        for number, (name, path) in enumerate(channel.files.items()):
            records = _records(channel, path)
            total += records
            if not records:
                continue
            table = f"part_{number:05d}"
            wrong = _load(connection, channel, name, predictions, table)
            if not wrong:
                (answers,) = single(connection, f"SELECT count(*) FROM {table}")
                if answers != records:
                    wrong = f"{name}: {answers} answers for {records} records."
            if wrong:
                reasons.append(wrong)
            tables.append(table)
        if total == 0:
            reasons.append("No record was scored: the files held none.")
        if not reasons:
            _write(connection, plan, folders, tables, total)
    return Verdict(passed=not reasons, reasons=tuple(reasons), metrics={"parts": len(tables)}, rows=total)


def _by_line(channel: ChannelFiles) -> bool:
    return channel.section.reading == "records"


def _records(channel: ChannelFiles, path: Path) -> int:
    """The number of records of a file: its lines that are not blank, or the file itself."""
    if not _by_line(channel):
        return 1
    with path.open("rb") as stream:
        return sum(1 for line in stream if line.strip())


def _load(
    connection: duckdb.DuckDBPyConnection, channel: ChannelFiles, name: str, predictions: Path, table: str
) -> str:
    """Load the answers to a file into a table of ``row`` and ``answer``; returns what is wrong with them."""
    paths = [path for path in predictions.rglob("*.out") if path.name == f"{Path(name).name}.out"]
    if len(paths) != 1:
        return f"{name}: it has no answers: run the transform job again."
    (path,) = paths
    if not _by_line(channel):
        try:
            answer = path.read_text(encoding="utf-8").strip()
        except UnicodeDecodeError:
            return f"{name}: its answer is no text; ask for JSON by accept."
        if not answer:
            return f"{name}: its answer is empty."
        connection.execute(
            f"CREATE TEMP TABLE {table} AS SELECT 0 AS row, ? AS answer, ? AS file", [answer, name]
        )
        return ""
    connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER () - 1 AS row, answer, "
        f"{literal(name)} AS file FROM read_csv({literal(str(path))}, auto_detect = false, "
        f" header = false, delim = '\x1f', quote = '', "
        f"escape = '', columns = {{'answer': 'VARCHAR'}}, parallel = false, max_line_size = {_LINE_BYTES}) "
        "WHERE trim(answer) <> ''"
    )
    return ""


def _query(plan: Plan, table: str) -> str:
    """The SQL query of one file's answers.

    Classes with probabilities are read as BlazingText lists them, the likeliest first, and a list of numbers
    as the image algorithms answer it, with the number of the class as its name.
    """
    version = plan.package.version
    identity = f"{literal(f'{plan.model}/{plan.run}/{version}/')} || file || chr(31) || row"
    document = "CASE WHEN json_valid(answer) THEN answer END"
    numbers = (
        "CASE WHEN json_type(document) = 'ARRAY' "
        "THEN list_transform(json_extract_string(document, '$[*]'), lambda x: TRY_CAST(x AS DOUBLE)) END"
    )
    return (
        f"SELECT md5({identity}) AS inference_id, file || '#' || (row + 1) AS row_key, "
        "NULL::VARCHAR AS entity, NULL::TIMESTAMP AS event_time, "
        "coalesce(TRY_CAST(json_extract_string(document, '$.prob[0]') AS DOUBLE), list_max(numbers)) "
        "AS score, "
        f"{moment(plan.predicted_at)} AS predicted_at, CAST({version} AS INTEGER) AS model_package_version, "
        f"coalesce(regexp_replace(json_extract_string(document, '$.label[0]'), '^{LABEL_PREFIX}', ''), "
        "CAST(list_position(numbers, list_max(numbers)) - 1 AS VARCHAR)) AS prediction, answer "
        f"FROM (SELECT *, {numbers} AS numbers FROM (SELECT *, {document} AS document FROM {table})) "
        "ORDER BY row"
    )


def _write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, folders: Folders, tables: list[str], total: int
) -> None:
    target, written = folders.output("parts"), list[PublishedPart]()
    for table in tables:
        name = f"{table.replace('_', '-')}.parquet"
        path = target / name
        copy_to(connection, _query(plan, table), path)
        (rows,) = single(connection, f"SELECT count(*) FROM {table}")
        written.append(
            PublishedPart(
                name=f"parts/{name}", rows=int(str(rows)), bytes=path.stat().st_size, sha256=sha256_of(path)
            )
        )
    manifest = PredictionsManifest(
        model=plan.model,
        run=plan.run,
        data_version=plan.data_version,
        package=ScoringPackage(arn=plan.package.arn, version=plan.package.version),
        predicted_at=plan.predicted_at,
        rows=total,
        columns=COLUMNS,
        parts=tuple(written),
    )
    write_json(folders.output("staged") / "manifest.json", encode(manifest))
