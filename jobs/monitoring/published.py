"""Published results of batch inference as typed rows: predictions joined to their raw rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from jobs.answers import AnswerShape
from jobs.database import literal, parquet, quote
from jobs.errors import InputError
from jobs.forecasts.served import CONTINUED, make_continued
from jobs.monitoring import new_columns
from jobs.names import (
    ANSWER,
    FAULT,
    INFERENCE_ID,
    KEY,
    LINE,
    NTH,
    ONCE,
    PLACE,
    PROBLEMS,
    SCORE,
    SERVED_AT,
    VERSION,
    at_place,
)
from jobs.reading import stage
from jobs.roles import moment, published_key, row_key
from jobs.sources import examine
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile, PublishedBatch


def stage_published(
    connection: duckdb.DuckDBPyConnection,
    parts: Path,
    raw: Path,
    published: Sequence[PublishedBatch],
    dataset: DatasetSection,
    columns: Mapping[str, str],
    folder: Path,
) -> list[str]:
    """Write a Parquet file of the columns of `jobs.monitoring.rows` for each published result; returns notes.

    A prediction without a raw row is marked with a fault. When several raw rows have the same key, it is
    unknown which prediction belongs to which, so they are joined in order.

    Args:
        parts: the folder of the published parts.
        raw: the folder of the raw files that were scored.
        folder: the folder to write to.

    Raises:
        InputError: when a part that the plan names does not exist.
    """
    notes: list[str] = []
    headers: list[tuple[str, ...]] = []
    for number, result in enumerate(published):
        missing = [name for name in result.parts if not (parts / name).is_file()]
        if missing:
            raise InputError(
                f"Part {missing[0]} of run {result.run} was planned but is not there: start again."
            )
        files = [
            DataFile(name=name, size=0, checksum=Checksum(algorithm="", value="")) for name in result.raw
        ]
        there = [file for file in files if (raw / file.name).is_file()]
        notes += [f"Raw file {file.name} of run {result.run} is gone." for file in files if file not in there]
        sources = examine(connection, there, raw, dataset.format, columns, csv=dataset.csv)
        headers += [source.header for source in sources.readable]
        problems = [
            *sources.problems,
            *stage(
                connection,
                sources,
                columns,
                folder.parent / "raw.parquet",
                view="raw",
                numbered=not dataset.row_key,
            ),
        ]
        notes += [problem.message for problem in problems]
        target = folder / f"served-{number:05d}.parquet"
        if result.parts:
            query = _joined(connection, parts, result, dataset, columns)
            connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
        connection.execute("DROP VIEW raw")
        (folder.parent / "raw.parquet").unlink(missing_ok=True)
    new = new_columns.in_headers(headers, {*columns, *dataset.columns})
    return [*notes, *new_columns.note(new, "file")]


def _joined(
    connection: duckdb.DuckDBPyConnection,
    parts: Path,
    result: PublishedBatch,
    dataset: DatasetSection,
    columns: Mapping[str, str],
) -> str:
    relation = "raw"
    predictions = parquet(*(parts / name for name in result.parts))
    if dataset.forecast is not None:
        make_continued(connection, dataset, columns, predictions, moment(result.predicted_at))
        relation = CONTINUED
    values = ", ".join(f"raw.{quote(name)} AS {at_place(place)}" for place, name in enumerate(columns))
    fault = (
        f"WHEN raw.{KEY} IS NULL THEN 'raw' WHEN NOT isfinite(part.score) OR part.score IS NULL THEN 'score'"
    )
    several = AnswerShape.of(dataset).published
    answer = f"CAST({several} AS DOUBLE[])" if several else "NULL::DOUBLE[]"
    return f"""
    SELECT CASE {fault} END AS {FAULT}, part.inference_id AS {INFERENCE_ID},
        {moment(result.predicted_at)} AS {SERVED_AT}, part.score AS {SCORE}, part.answer AS {ANSWER},
        CAST({result.package_version} AS BIGINT) AS {VERSION}, NULL::VARCHAR AS {LINE},
        hash(part.inference_id) AS {ONCE}, CAST(0 AS BIGINT) AS {PLACE},
        raw.{PROBLEMS}, {values}
    FROM (
        SELECT inference_id, row_key, score, answer,
            row_number() OVER (PARTITION BY row_key ORDER BY inference_id) AS place
        FROM (SELECT inference_id, {published_key(dataset, "row_key")} AS row_key,
            CAST(score AS DOUBLE) AS score, {answer} AS answer FROM {predictions})
    ) AS part LEFT JOIN (
        SELECT *, {row_key(dataset)} AS {KEY}, row_number() OVER (PARTITION BY {row_key(dataset)}) AS {NTH}
        FROM {relation}
    ) AS raw ON raw.{KEY} = part.row_key AND raw.{NTH} = part.place"""
