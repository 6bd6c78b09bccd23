"""Writes a sample of served rows that can be sent to the model again: equal input should get an equal answer.

``replay/requests.jsonl`` has each row as it was sent (for a batch: as it was scored) with its answer.
``replay/features.csv`` has the features of the same rows in the same order, without a header: the model's
input. Its format, and so the ending of its name, is the one that the model's container takes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from jobs.database import literal, quote
from jobs.names import ANSWER, INFERENCE_ID, LINE, NTH, SCORE, VERSION
from jobs.records import record_format, write_records
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.records import SUFFIXES

REQUESTS, FEATURES = "requests.jsonl", "features"


def write_replay(
    connection: duckdb.DuckDBPyConnection, program: Program, folder: Path, *, rows: int, seed: int
) -> int:
    """Write the sample of the view ``judged``; the same rows and seed give the same sample.

    Returns:
        The number of rows that were written; fewer than ``rows`` when fewer were served.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(quote(name) for name in program.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE replayed AS SELECT row_number() OVER () AS {NTH}, * FROM ("
        f"SELECT {INFERENCE_ID}, {SCORE}, {ANSWER}, {VERSION}, {LINE}, {columns} FROM judged "
        f"ORDER BY md5({INFERENCE_ID} || {literal(f'/{seed}')}), {INFERENCE_ID} LIMIT {rows})"
    )
    texts = ", ".join(
        f"CAST({quote(name)} AS VARCHAR)" if kind == "timestamp" else quote(name)
        for name, kind in program.columns.items()
    )
    answer = connection.execute(
        f"SELECT {INFERENCE_ID}, {SCORE}, {ANSWER}, {VERSION}, {LINE}, {texts} FROM replayed ORDER BY {NTH}"
    )
    written = 0
    with (folder / REQUESTS).open("w", encoding="utf-8") as stream:
        while some := answer.fetchmany(1000):
            for identity, score, numbers, version, line, *values in some:
                document = {
                    "inference_id": identity,
                    "row": _row(line, dict(zip(program.columns, values, strict=True))),
                    "score": score,
                    "version": version,
                }
                if program.classes and numbers is not None:
                    document["probabilities"] = dict(zip(program.classes, numbers, strict=True))
                stream.write(json.dumps(document, ensure_ascii=False) + "\n")
                written += 1
    kind = record_format(program.records)
    path = folder / f"{FEATURES}{SUFFIXES[kind]}"
    write_records(connection, program, "replayed", path, kind=kind, order=f"raw.{NTH}")
    return written


def _row(line: str | None, values: Mapping[str, Any]) -> Any:
    """The row as it was sent; for a batch, an object of its columns without missing values."""
    if line is not None:
        return json.loads(line)
    return {name: value for name, value in values.items() if value is not None}
