"""Features job: verify the input files, split them by time, fit the feature program, write the split.

Writes ``split/`` (``train/train.csv`` and ``validation/validation.csv`` with the label first and no header,
``holdout/holdout.csv`` with features only, ``holdout_keys/keys.parquet``, ``champion/holdout.csv`` when
there is a champion, ``baseline/`` with statistics of the raw rows, ``manifest.json``; for the report
``holdout/importance.csv`` with ``holdout_keys/importance.parquet``, ``holdout_keys/segments.parquet``, and
in a regression ``holdout_keys/inputs.parquet``),
``program/program.json`` and ``program/model.tar.gz``, which an endpoint's containers load to run the program.
The same data and plan give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from jobs import error_rows, holdout_features, permuted_rows, ranking, segment_values, trained_on
from jobs.database import connect, copy_to, quote, single
from jobs.errors import InputError, JobError
from jobs.folders import Folders, write_json
from jobs.forecasts import outlook
from jobs.forecasts.split import resolve_series_intervals, write_series_split
from jobs.names import LABEL
from jobs.plan import Plan
from jobs.program import champion_program, fit, to_sql
from jobs.reading import row_count, stage
from jobs.roles import group_text, keys_query, label_number, total_order, within
from jobs.serving import archive
from jobs.serving.program import FILE, Program
from jobs.sources import InputFiles, examine
from jobs.verification import content_digest, sha256_of, verify
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.moments import Interval
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
            no rows or only one class.
    """
    plan = plan.read_by("features")
    data = folders.input("data")
    verify(plan.files, data)
    champion = champion_program(plan, folders)
    with connect(memory) as (connection, scratch):
        columns = plan.dataset.needed(label=True)
        sources = examine(connection, plan.files, data, plan.dataset.format, columns, csv=plan.dataset.csv)
        if sources.problems:
            raise InputError(sources.problems[0].message)
        own = _read_otherwise(champion.columns, columns) if champion else {}
        champion = champion.reading(own) if champion else None
        origins = {renamed: name for name, renamed in own.items()}
        extra = _held_by_all(sources, champion.columns, columns, origins) if champion else {}
        staged_as = {**columns, **extra}
        problems = stage(connection, sources, staged_as, scratch / "staged.parquet", origins=origins)
        if problems:
            raise InputError(problems[0].message)
        absent = (
            {n: k for n, k in champion.columns.items() if n not in columns and n not in extra}
            if champion
            else {}
        )
        _view_labelled(connection, plan, absent)
        intervals = resolve_intervals(connection, plan)
        rows = _view_parts(connection, plan, intervals)
        program = fit(connection, "train", plan.dataset, _origin(plan, intervals["train"]))
        split = folders.output("split")
        written = (
            _write_split(connection, plan, program, champion, split, rows)
            if plan.dataset.forecast is None
            else Written(
                files=write_series_split(connection, plan, program, champion, intervals, split), rows=rows
            )
        )
        raw = trained_on.write(connection, "learned_from", plan.dataset, split / trained_on.FOLDER)
        staged = row_count(connection, "staged")
    program_folder = folders.output("program")
    (program_folder / FILE).write_text(program.to_json(), encoding="utf-8")
    (program_folder / archive.NAME).write_bytes(archive.pack(program))
    others = {f"{trained_on.FOLDER}/{name}": path for name, path in raw.items()}
    others |= {f"program/{name}": program_folder / name for name in (FILE, archive.NAME)}
    _write_manifest(plan, split, written, others, intervals, staged)
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


def resolve_intervals(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, Interval]:
    """The time interval of each part of the split, with the split's gap before the next part.

    Fractions are converted to timestamps, so that rows of one timestamp stay in one part.

    Raises:
        JobError: when the rows cannot be split this way.
    """
    forecast = plan.dataset.forecast is not None
    resolved = (resolve_series_intervals if forecast else _resolve)(connection, plan)
    return with_gap(resolved, plan.split.gap_seconds or 0.0)


def with_gap(intervals: Mapping[str, Interval], seconds: float) -> dict[str, Interval]:
    """The intervals, each but the last ending that long before the next begins."""
    if not seconds:
        return dict(intervals)

    def before(start: str | None) -> str | None:
        return start and (datetime.fromisoformat(start) - timedelta(seconds=seconds)).isoformat()

    train, validation = (
        replace(intervals[part], end=before(intervals[after].start)) for part, after in pairwise(PARTS)
    )
    return {"train": train, "validation": validation, "holdout": intervals["holdout"]}


def _resolve(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, Interval]:
    fractions = plan.split.fractions
    if plan.split.intervals is not None:
        return {part: plan.split.intervals[part] for part in PARTS}
    if not fractions:
        raise JobError("split={}: the plan must say how rows are divided, by intervals or fractions.")
    rows = row_count(connection, "labelled")
    time = quote(plan.dataset.timestamp)
    shares = (fractions["train"], fractions["train"] + fractions["validation"])
    moments = []
    for share in shares:
        offset = min(int(rows * share), rows - 1)
        row = connection.execute(
            f"SELECT {time} FROM labelled ORDER BY {time} LIMIT 1 OFFSET {offset}"
        ).fetchone()
        if row is None:
            raise JobError("No row has both a label and a time: nothing can be divided.")
        moments.append(row[0].isoformat())
    if moments[0] == moments[1]:
        raise JobError(
            f"Too many rows share the moment {moments[0]} to divide by fractions: "
            "divide by time, or take larger ones."
        )
    window = plan.requested
    return {
        "train": Interval(start=window.start, end=moments[0]),
        "validation": Interval(start=moments[0], end=moments[1]),
        "holdout": Interval(start=moments[1], end=window.end),
    }


def _view_parts(
    connection: duckdb.DuckDBPyConnection, plan: Plan, intervals: Mapping[str, Interval]
) -> dict[str, int]:
    rows = {}
    for part in PARTS:
        condition = within(plan.dataset.timestamp, intervals[part])
        connection.execute(f"CREATE TEMP VIEW {part} AS SELECT * FROM labelled WHERE {condition}")
        rows[part] = row_count(connection, part)
        span = f"({intervals[part].start or 'the beginning'} to {intervals[part].end or 'the end'})"
        if rows[part] == 0:
            what = "labelled row" if plan.dataset.needs_label else "row"
            raise InputError(
                f"No {what} lies in the {part} interval {span}: "
                "correct the split, or bring data of that time."
            )
        # The quality job checks the plan's intervals; the intervals of fractions are known only here.
        classes = single(connection, f"SELECT count(DISTINCT {LABEL}) FROM {part}")[0]
        if plan.dataset.task == "binary" and classes == 1:
            raise InputError(
                f"All {rows[part]:,} rows of the {part} part {span} are of one class: "
                "correct the split, or bring data with both."
            )
    anywhere = " OR ".join(f"({within(plan.dataset.timestamp, intervals[part])})" for part in PARTS)
    connection.execute(f"CREATE TEMP VIEW learned_from AS SELECT * FROM labelled WHERE {anywhere}")
    return rows


def _origin(plan: Plan, interval: Interval) -> dict[str, Any]:
    return {
        "model": plan.model,
        "data_version": plan.data_version,
        "fitted_from": interval.start,
        "fitted_to": interval.end,
    }


def _write_split(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    program: Program,
    champion: Program | None,
    split: Path,
    rows: Mapping[str, int],
) -> Written:
    order = total_order(plan.dataset, plan.dataset.needed(label=True))
    queries = {
        **_training_queries(plan, program, order),
        "holdout/holdout.csv": to_sql(program, "holdout", order=order),
        "holdout_keys/keys.parquet": keys_query(plan, "holdout", order, label=LABEL),
    }
    if champion:
        queries["champion/holdout.csv"] = to_sql(champion, "holdout", order=order)
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
    files = {}
    for name, query in queries.items():
        files[name] = split / name
        copy_to(connection, query, files[name])
    permuted = _write_permuted(connection, plan, program, split, order, rows["holdout"])
    return Written(files=files | permuted, rows=rows)


def _training_queries(plan: Plan, program: Program, order: str) -> dict[str, str]:
    """The queries of the records to train on, by file."""
    if plan.dataset.task == "ranking":
        return {
            f"{part}/{part}{ranking.SUFFIX}": ranking.training_records(
                program, plan.dataset, part, label=LABEL, order=order
            )
            for part in ("train", "validation")
        }
    leading = [LABEL] if plan.dataset.needs_label else []
    return {
        f"{part}/{part}.csv": to_sql(program, part, leading=leading, order=order)
        for part in ("train", "validation")
    }


def _write_permuted(
    connection: duckdb.DuckDBPyConnection, plan: Plan, program: Program, split: Path, order: str, holdout: int
) -> dict[str, Path]:
    """Write the records for permutation importance, if any; returns the files' paths by name."""
    if plan.importance is None:
        return {}
    size = permuted_rows.sample_size(columns=len(program.columns), holdout=holdout, rows=plan.importance.rows)
    if size is None:
        return {}
    records, index = f"holdout/{permuted_rows.RECORDS}", f"holdout_keys/{permuted_rows.INDEX}"
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
    intervals: Mapping[str, Interval],
    staged: int,
) -> None:
    files = {**written.files, **others}
    digests = {name: sha256_of(path) for name, path in files.items()}
    # The content digest leaves out what does not change the split's content: the champion's features of the
    # holdout, the statistics of the rows, what is for the report only, and the archive, which contains code.
    report_only = (permuted_rows.RECORDS, permuted_rows.INDEX, segment_values.FILE, error_rows.FILE)
    left_out = (*report_only, outlook.FILE, archive.NAME)
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
            "intervals": {part: {"start": i.start, "end": i.end} for part, i in intervals.items()},
        },
    )
