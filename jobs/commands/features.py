"""Features job: verify the input files, split their rows, fit the feature program, write the split.

Writes ``split/`` (``train/train.csv`` and ``validation/validation.csv`` with the label first, then the
row's weight if the data have weights, and no header, or other formats as the plan's section ``records`` says;
``train/part-00000.csv`` and so on for training on several instances;
``holdout/holdout.csv`` with features only, ``holdout_keys/keys.parquet``, ``champion/holdout.csv`` when
there is a champion, ``baseline/`` with statistics of the raw rows, ``manifest.json``; for the report
``holdout/importance.csv`` with ``holdout_keys/importance.parquet``, ``holdout_keys/segments.parquet``, and
in a regression ``holdout_keys/inputs.parquet``),
``program/program.json`` and ``program/model.tar.gz``, which an endpoint's containers load to run the program.
The same data and plan give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from jobs import error_rows, holdout_features, permuted_rows, segment_values, trained_on
from jobs.database import connect, copy_to, quote
from jobs.dividing import Division, divide, split_fields
from jobs.errors import InputError
from jobs.folders import Folders, write_json
from jobs.forecasts import chart_data
from jobs.forecasts.split import write_series_split
from jobs.names import LABEL
from jobs.part_rules import part_findings
from jobs.plan import Plan
from jobs.program import champion_program, fit
from jobs.reading import row_count, stage
from jobs.records import record_format, write_holdout, write_parts
from jobs.roles import group_text, keys_query, label_number, split_group, total_order, within
from jobs.serving import archive
from jobs.serving.program import FILE, Program
from jobs.sources import InputFiles, examine
from jobs.verification import content_digest, sha256_of, verify
from jobs.weights import training_weight, weight_rules
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.records import SUFFIXES
from mdlc_constructs.settings.payloads.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Written:
    """The paths of the split's files and the number of rows of each part."""

    files: Mapping[str, Path]
    rows: Mapping[str, int]


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Raises:
        JobError: when the files are not the planned ones or cannot be read, or when a part of the split has
            no rows or lacks a class.
    """
    plan = plan.read_by("features")
    data = folders.input("data")
    verify(plan.files, data)
    champion = champion_program(plan, folders)
    with connect(memory) as (connection, scratch):
        columns = plan.columns(label=True)
        sources = examine(connection, plan.files, data, plan.dataset.format, columns, csv=plan.dataset.csv)
        if sources.problems:
            raise InputError(sources.problems[0].message)
        own = _read_otherwise(champion.columns, columns) if champion else {}
        champion = champion.reading(own) if champion else None
        origins = {renamed: name for name, renamed in own.items()}
        extra = _held_by_all(sources, champion.columns, columns, origins) if champion else {}
        staged_as = {**columns, **extra}
        problems = stage(
            connection,
            sources,
            staged_as,
            scratch / "staged.parquet",
            origins=origins,
            numbered=not plan.dataset.row_key,
        )
        if problems:
            raise InputError(problems[0].message)
        absent = (
            {n: k for n, k in champion.columns.items() if n not in columns and n not in extra}
            if champion
            else {}
        )
        _view_labelled(connection, plan, absent)
        division, rows = _view_parts(connection, plan, scratch)
        kind = plan.records.scoring if plan.dataset.forecast is None else "csv"
        program = fit(connection, "train", plan.dataset, _origin(plan, division), records=kind)
        split = folders.output("split")
        written = (
            _write_split(connection, plan, program, champion, split, rows)
            if plan.dataset.forecast is None
            else Written(
                files=write_series_split(connection, plan, program, champion, division.intervals, split),
                rows=rows,
            )
        )
        raw = trained_on.write(connection, "learned_from", plan.dataset, split / trained_on.FOLDER)
        staged = row_count(connection, "staged")
    program_folder = folders.output("program")
    (program_folder / FILE).write_text(program.to_json(), encoding="utf-8")
    (program_folder / archive.NAME).write_bytes(archive.pack(program))
    others = {f"{trained_on.FOLDER}/{name}": path for name, path in raw.items()}
    others |= {f"program/{name}": program_folder / name for name in (FILE, archive.NAME)}
    _write_manifest(plan, split, written, others, division, staged)
    return Verdict(passed=True, metrics=dict(rows), rows=sum(rows.values()))


def _read_otherwise(wanted: Mapping[str, str], have: Mapping[str, str]) -> dict[str, str]:
    """The champion's columns whose type or case changed, to the names under which they are staged for it.

    The champion reads them by its own declaration. Otherwise it would see other values than in training, and
    the comparison would be unfair.

    Args:
        wanted: the champion's columns.
        have: the plan's columns.
    """
    folded = {name.lower() for name in have}
    return {
        name: f"\x01champion {name}"
        for name, kind in wanted.items()
        if name.lower() in folded and have.get(name) != kind
    }


def _held_by_all(
    sources: InputFiles, wanted: Mapping[str, str], have: Mapping[str, str], origins: Mapping[str, str]
) -> dict[str, str]:
    """The columns that only the champion reads and that every file has; others become missing values."""
    return {
        name: kind
        for name, kind in wanted.items()
        if name not in have
        and all(source.header.count(origins.get(name, name)) == 1 for source in sources.readable)
    }


def _view_labelled(connection: duckdb.DuckDBPyConnection, plan: Plan, absent: Mapping[str, str]) -> None:
    """Create the view ``labelled``: the staged rows with a label and with a time in the requested span.

    Args:
        absent: the champion's columns that not every file has; they are NULL.
    """
    nothing = "".join(f", NULL AS {quote(name)}" for name in absent)
    label = label_number(plan.dataset)
    # A step of a series without a value is a missing value of its history.
    asked = plan.dataset.needs_label and plan.dataset.forecast is None
    labelled = f" AND {label} IS NOT NULL" if asked else ""
    connection.execute(
        f"CREATE TEMP VIEW labelled AS SELECT *, {label} AS {LABEL}{nothing} FROM staged "
        f"WHERE {within(plan.dataset.timestamp, plan.requested)}{labelled}"
    )


def _view_parts(
    connection: duckdb.DuckDBPyConnection, plan: Plan, scratch: Path
) -> tuple[Division, dict[str, int]]:
    """Divide the rows, create a view of each part and ``learned_from``, and count the parts' rows.

    Raises:
        JobError: when the rows cannot be divided, or a part is of no use.
    """
    division = divide(connection, plan, scratch)
    for finding in (*part_findings(connection, plan, division), *weight_rules(connection, plan)):
        # The quality job reports all of them; it may have been replaced.
        if finding.fails:
            raise InputError(finding.message)
    anywhere = " OR ".join(f"({condition})" for condition in division.conditions.values())
    connection.execute(f"CREATE TEMP VIEW learned_from AS SELECT * FROM {division.relation} WHERE {anywhere}")
    return division, {part: row_count(connection, part) for part in PARTS}


def _origin(plan: Plan, division: Division) -> dict[str, Any]:
    train = division.intervals.get("train")
    return {
        "model": plan.model,
        "data_version": plan.data_version,
        **({"fitted_from": train.start, "fitted_to": train.end} if train else {}),
        **split_fields(plan, division),
    }


def _write_split(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    program: Program,
    champion: Program | None,
    split: Path,
    rows: Mapping[str, int],
) -> Written:
    order = total_order(plan.dataset, plan.columns(label=True))
    weight = training_weight(plan.dataset)
    labelled = plan.dataset.needs_label and plan.records.label
    leading = [LABEL, *([weight] if weight else [])] if labelled else []
    counted = quote(plan.dataset.weight) if plan.dataset.weight else None
    queries = {
        "holdout_keys/keys.parquet": keys_query(
            plan, "holdout", order, label=LABEL, weight=counted, unit=split_group(plan)
        ),
    }
    segments = segment_values.segment_columns(connection, "holdout", plan.dataset)
    if segments:
        query = segment_values.values_query(plan.dataset, "holdout", order, segments)
        queries[f"holdout_keys/{segment_values.FILE}"] = query
    if plan.dataset.task in holdout_features.TASKS:
        query = holdout_features.features_query(program, "holdout", order)
        queries[f"holdout_keys/{holdout_features.FILE}"] = query
    if plan.dataset.task in error_rows.TASKS:
        query = error_rows.inputs_query(program, "holdout", order, rows["holdout"])
        queries[f"holdout_keys/{error_rows.FILE}"] = query
    files = write_parts(connection, plan, program, split, leading, order)
    for whose, model in (("holdout", program), *([("champion", champion)] if champion else [])):
        files |= write_holdout(connection, model, split, whose, order)
    for name, query in queries.items():
        files[name] = split / name
        copy_to(connection, query, files[name])
    permuted = _write_permuted(connection, plan, program, split, order, rows["holdout"])
    return Written(files=files | permuted, rows=rows)


def _write_permuted(
    connection: duckdb.DuckDBPyConnection, plan: Plan, program: Program, split: Path, order: str, holdout: int
) -> dict[str, Path]:
    """Write the records for permutation importance, if any; returns the files' paths by name."""
    if plan.importance is None:
        return {}
    size = permuted_rows.sample_size(columns=len(program.columns), holdout=holdout, rows=plan.importance.rows)
    if size is None:
        return {}
    kind = record_format(program.records)
    records = f"holdout/{permuted_rows.RECORDS}{SUFFIXES[kind]}"
    index = f"holdout_keys/{permuted_rows.INDEX}"
    permuted_rows.write(
        connection,
        program,
        "holdout",
        order=order,
        size=size,
        seed=plan.importance.seed,
        records=split / records,
        index=split / index,
        group=group_text(plan.dataset),
    )
    return {records: split / records, index: split / index}


def _write_manifest(
    plan: Plan,
    split: Path,
    written: Written,
    others: Mapping[str, Path],
    division: Division,
    staged: int,
) -> None:
    files = {**written.files, **others}
    digests = {name: sha256_of(path) for name, path in files.items()}
    # The content digest leaves out what does not change the split's content: the champion's features of the
    # holdout, the statistics of the rows, what is for the report only, and the archive, which contains code.
    permuted = [f"{permuted_rows.RECORDS}{suffix}" for suffix in SUFFIXES.values()]
    report_only = (*permuted, permuted_rows.INDEX, segment_values.FILE, error_rows.FILE)
    left_out = (*report_only, chart_data.FILE, archive.NAME)
    content = {
        name: digest
        for name, digest in digests.items()
        if not name.startswith(("champion/", f"{trained_on.FOLDER}/")) and Path(name).name not in left_out
    }
    write_json(
        split / "manifest.json",
        {
            "schema_version": 1,
            "content_digest": content_digest(content),
            "data_version": plan.data_version,
            "files": {
                name: {"sha256": digest, "bytes": files[name].stat().st_size}
                for name, digest in digests.items()
            },
            "rows": {**written.rows, "read": staged, "left_out": staged - sum(written.rows.values())},
            **(
                {
                    "intervals": {
                        part: {"start": i.start, "end": i.end} for part, i in division.intervals.items()
                    }
                }
                if division.intervals
                else {}
            ),
            **split_fields(plan, division),
        },
    )
