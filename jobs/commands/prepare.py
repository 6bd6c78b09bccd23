"""Prepare job: run a model package's feature program over the input of batch inference, file by file.

Writes ``shards/<shard>/<file>.csv`` (the model's input: features only, no header; another format, with its
ending, if the model's container takes another) and
``keys/<file>.parquet`` (the row of each line). A file without rows gets keys but no records, because a
transform job refuses empty files. It also refuses a shard without files, so a shard whose files all have no
rows gets one record of another shard; its answer is not read.
"""

from pathlib import Path

from jobs.database import connect, copy_to
from jobs.errors import InputError
from jobs.folders import Folders
from jobs.forecasts.batch import write_batch
from jobs.plan import Plan
from jobs.predictions import numbered_files
from jobs.reading import row_count, stage
from jobs.records import first_record, record_format, write_records
from jobs.roles import keys_query, total_order
from jobs.serving.program import Program
from jobs.sources import examine
from jobs.verification import verify
from mdlc_constructs.settings.payloads.records import SUFFIXES
from mdlc_constructs.settings.payloads.verdict import Verdict

UNREAD = "unread.csv"
"""The name of the file of records of a shard whose files have no rows."""


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Raises:
        JobError: when the files are not the planned ones or cannot be read.
    """
    plan = plan.read_by("prepare")
    data = folders.input("data")
    verify(plan.files, data)
    program = Program.read(folders.input("program"))
    if plan.dataset.forecast is not None:
        with connect(memory) as (connection, scratch):
            steps, some = write_batch(connection, plan, program, folders, scratch)
        _fill(plan, folders.output("shards"), some)
        return Verdict(passed=True, metrics={"files": len(plan.files)}, rows=steps)
    columns = {**plan.dataset.needed(label=False), **program.columns}
    order = total_order(plan.dataset, columns)
    shards, keys = folders.output("shards"), folders.output("keys")
    kind = record_format(program.records)
    total = 0
    first: Path | None = None
    with connect(memory) as (connection, scratch):
        for file, name in numbered_files(plan):
            sources = examine(connection, [file], data, plan.dataset.format, columns, csv=plan.dataset.csv)
            staged = scratch / f"{name}.parquet"
            problems = [
                *sources.problems,
                *stage(connection, sources, columns, staged, numbered=not plan.dataset.row_key),
            ]
            if problems:
                raise InputError(problems[0].message)
            rows = row_count(connection, "staged")
            copy_to(connection, keys_query(plan, "staged", order), keys / f"{name}.parquet")
            if rows:
                records = shards / file.shard / f"{name}{SUFFIXES[kind]}"
                write_records(connection, program, "staged", records, kind=kind, order=order)
                first = first or records
            staged.unlink()
            total += rows
    _fill(plan, shards, first)
    return Verdict(passed=True, metrics={"files": len(plan.files)}, rows=total)


def _fill(plan: Plan, shards: Path, records: Path | None) -> None:
    """Write a record to each shard without files; does nothing when there are no records at all."""
    for shard in sorted({file.shard for file in plan.files}) if records else ():
        folder = shards / shard
        if not folder.is_dir() and records is not None:
            folder.mkdir()
            (folder / UNREAD).with_suffix(records.suffix).write_bytes(first_record(records))
