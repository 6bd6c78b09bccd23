"""Quality job: check a batch against its data-quality rules before training or batch inference.

Writes ``report/report.json`` and ``report/report.html``. When the batch fails, also writes ``quarantine/``:
the bad rows with their reasons, and the report. The batch itself is not moved or deleted.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from jobs.database import connect, literal, quote, single
from jobs.dividing import divide
from jobs.errors import InputError, JobError
from jobs.findings import ColumnProfile, Finding, QualityReport
from jobs.folders import Folders, write_json
from jobs.forecasts.rules import series_rules
from jobs.group_rules import grade_rules, group_rules
from jobs.names import FILE, FILE_ROW, PROBLEMS, beside, internal
from jobs.optional_labels import optional_label_rules
from jobs.outliers import Bounds, baseline_bounds, beyond, outlier_rules, own_bounds
from jobs.pages.quality import to_html
from jobs.part_rules import part_findings
from jobs.plan import Plan
from jobs.reading import row_count, rows_by_file, stage
from jobs.roles import row_key
from jobs.rules import (
    label_rules,
    leak_rules,
    not_accepted,
    outside,
    row_rules,
    time_rules,
    type_rules,
    value_rules,
)
from jobs.sources import examine
from jobs.spreadsheet import cells, text_cell
from jobs.trained_on import STATISTICS
from jobs.values import mean_of
from jobs.verification import verify
from jobs.weights import weight_rules
from jobs.writing import writing_rules
from mdlc_constructs.settings.payloads.verdict import Verdict

_REASONS = internal("reasons")
_LABEL_DEFEATS = {"no_label", "one_class", "label_values"}


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message, which also reports a bad batch.

    Raises:
        JobError: when the files are not the planned ones.
    """
    plan = plan.read_by("quality")
    data = folders.input("data")
    verify(plan.files, data)
    columns = plan.columns(label=plan.training)
    facts: dict[str, Any] = {}
    with connect(memory) as (connection, scratch):
        sources = examine(connection, plan.files, data, plan.dataset.format, columns, csv=plan.dataset.csv)
        staged = scratch / "staged.parquet"
        keyless = not plan.dataset.row_key
        problems = [*sources.problems, *stage(connection, sources, columns, staged, numbered=keyless)]
        findings = [
            Finding(rule=problem.rule, column=problem.column, message=problem.message) for problem in problems
        ]
        rows = row_count(connection, "staged")
        held = rows_by_file(connection)
        if not rows and not problems:
            findings.append(Finding(rule="empty_file", message=_all_empty(plan)))
        usual: dict[str, Bounds] = {}
        # After an unreadable file or a missing column, the rules would only report its consequences.
        if not findings:
            usual, notes = _usual(connection, plan, folders)
            findings = [*_ruled(connection, plan, columns, rows, facts, usual, scratch), *notes]
        report = QualityReport(
            model=plan.model,
            run=plan.run,
            workflow=plan.workflow,
            data_version=plan.data_version,
            rows=rows,
            files={file.name: held.get(file.name, 0) for file in plan.files},
            findings=findings,
            columns=_profiles(connection, plan, columns),
            label=facts,
        )
        _write(folders, report)
        if not report.passed:
            _quarantine(connection, plan, folders, columns, report, usual)
    return Verdict(
        passed=report.passed,
        reasons=tuple(report.reasons),
        metrics={"findings": len(findings), "columns": len(columns)},
        rows=rows,
    )


def _all_empty(plan: Plan) -> str:
    names = [file.name for file in plan.files]
    what = f"{names[0]} holds no row" if len(names) == 1 else f"None of the {len(names):,} files holds a row"
    return f"{what}: see whether what writes them had finished, and had data."


def _ruled(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    columns: Mapping[str, str],
    rows: int,
    facts: dict[str, Any],
    usual: Mapping[str, Bounds],
    scratch: Path,
) -> Iterator[Finding]:
    yield from type_rules(connection, columns, plan.dataset.csv if plan.dataset.format == "csv" else None)
    yield from writing_rules(connection, plan.dataset, columns)
    yield from row_rules(connection, plan, rows)
    yield from value_rules(connection, plan, rows)
    yield from outlier_rules(connection, plan.quality.outliers or {}, usual)
    yield from time_rules(connection, plan)
    yield from group_rules(connection, plan)
    series = []
    if plan.dataset.forecast is not None:
        series = list(series_rules(connection, plan.dataset, training=plan.training, span=plan.requested))
        yield from series
    if plan.training and not plan.dataset.needs_label:
        yield from optional_label_rules(connection, plan, facts)
    elif plan.training:
        labels = list(label_rules(connection, plan, facts))
        if not any(finding.fails for finding in [*labels, *series]):
            labels += _part_rules(connection, plan, scratch)
        yield from labels
        yield from grade_rules(connection, plan)
        if not any(finding.rule in _LABEL_DEFEATS and finding.fails for finding in labels):
            yield from leak_rules(connection, plan, facts)


def _part_rules(connection: duckdb.DuckDBPyConnection, plan: Plan, scratch: Path) -> Iterator[Finding]:
    try:
        division = divide(connection, plan, scratch)
    except JobError as error:
        yield Finding(rule="split", message=str(error))
        return
    yield from part_findings(connection, plan, division)
    yield from weight_rules(connection, plan)


def _usual(
    connection: duckdb.DuckDBPyConnection, plan: Plan, folders: Folders
) -> tuple[dict[str, Bounds], list[Finding]]:
    """The bounds of usual values by column, and warnings about columns that have none in the baseline.

    Batches to score are compared with the model's baseline. A batch to train on becomes the baseline, so that
    only its own values say what is usual.
    """
    rules = plan.quality.outliers or {}
    if not rules:
        return {}, []
    if plan.training:
        return own_bounds(connection, rules), []
    path = folders.input("baseline") / STATISTICS
    if not path.is_file():
        raise InputError(f"No {STATISTICS} in the baseline: training's evaluate job makes it.")
    bounds, notes = baseline_bounds(rules, json.loads(path.read_text(encoding="utf-8")))
    return bounds, [Finding(rule="outliers", message=note, fails=False) for note in notes]


def _profiles(
    connection: duckdb.DuckDBPyConnection, plan: Plan, columns: Mapping[str, str]
) -> list[ColumnProfile]:
    profiles = []
    for name, kind in columns.items():
        column = quote(name)
        ordered = kind in ("number", "integer", "timestamp")
        bounds = (
            f"CAST(min({column}) AS VARCHAR), CAST(max({column}) AS VARCHAR)" if ordered else "NULL, NULL"
        )
        mean = mean_of(column) if kind in ("number", "integer") else "NULL"
        missing, distinct, lowest, highest, average = single(
            connection,
            f"SELECT count(*) - count({column}), least(approx_count_distinct({column}), count({column})), "
            f"{bounds}, {mean} FROM staged",
        )
        profiles.append(
            ColumnProfile(
                name=name,
                kind=kind,
                role=_role(plan, name),
                missing=int(str(missing)),
                distinct=int(str(distinct)),
                lowest=None if lowest is None else str(lowest),
                highest=None if highest is None else str(highest),
                # The last digits of a sum depend on the order of threads; the report must be reproducible.
                mean=None if average is None else float(f"{float(str(average)):.10g}"),
            )
        )
    return profiles


def _role(plan: Plan, name: str) -> str:
    dataset = plan.dataset
    if name in dataset.row_key:
        return "row key"
    roles = {
        dataset.label: "label",
        dataset.timestamp: "timestamp",
        dataset.entity: "entity",
        dataset.weight: "weight",
        dataset.group: "group",
    }
    return roles.get(name, "feature" if name in dataset.features else "split")


def _write(folders: Folders, report: QualityReport) -> None:
    target = folders.output("report")
    write_json(target / "report.json", report.to_json())
    (target / "report.html").write_text(to_html(report))


def _quarantine(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    folders: Folders,
    columns: Mapping[str, str],
    report: QualityReport,
    usual: Mapping[str, Bounds],
) -> None:
    """Write the bad rows with their file and reasons, and the report."""
    target = folders.output("quarantine")
    write_json(target / "report.json", report.to_json())
    reasons = [f"CASE WHEN {PROBLEMS} IS NOT NULL THEN 'wrong type' END"]
    required = [*([plan.dataset.timestamp] if plan.dataset.timestamp else []), *plan.dataset.row_key]
    reasons += [f"CASE WHEN {quote(name)} IS NULL THEN {literal(f'no {name}')} END" for name in required]
    for name, (low, high) in plan.quality.ranges.items():
        if name in columns:
            reason = literal(f"{name} out of range")
            reasons.append(f"CASE WHEN {outside(name, low, high)} THEN {reason} END")
    for name, accepted in plan.quality.accepted_values.items():
        if name in columns:
            condition = not_accepted(name, columns[name], list(accepted))
            reasons.append(f"CASE WHEN {condition} THEN {literal(f'{name} not accepted')} END")
    failing = {finding.column for finding in report.findings if finding.rule == "outliers"}
    for name in usual.keys() & failing:
        reasons.append(f"CASE WHEN {beyond(name, usual[name])} THEN {literal(f'{name} is an outlier')} END")
    if plan.quality.unique_key and plan.dataset.row_key:
        key = row_key(plan.dataset)
        reasons.append(
            f"CASE WHEN {key} IN (SELECT {key} FROM staged GROUP BY 1 HAVING count(*) > 1) "
            "THEN 'duplicate key' END"
        )
    place = [quote(name) for name in required] if plan.dataset.row_key else [FILE_ROW]
    called = beside(columns, ("reasons", "wrong_values", "file"), "column_")
    # Replace the notes' column numbers and separators: readers need only the values that do not fit.
    values = f"regexp_replace({PROBLEMS}, '[0-9]+' || chr(31), '', 'g')"
    unfit = text_cell(f"replace({values}, chr(30), '; ')")
    query = (
        f"SELECT {text_cell(_REASONS)} AS reasons, {unfit} AS wrong_values, {text_cell(FILE)} AS file, "
        f"{cells(columns, called)} FROM (SELECT *, concat_ws('; ', {', '.join(reasons)}) AS {_REASONS} "
        f"FROM staged) AS bad WHERE {_REASONS} <> '' "
        f"ORDER BY {FILE}, {', '.join(f'bad.{name}' for name in place)}"
    )
    connection.execute(f"COPY ({query}) TO {literal(str(target / 'rows.csv'))} (FORMAT csv, HEADER true)")
