"""Monitor job: drift, data quality and accuracy of a window of served rows.

Writes ``monitoring/``: ``summary.json`` (small, for programs), ``report.json`` (everything), ``report.html``
(for people), ``statistics.json`` (of the window; the next window is compared with it), ``rows.parquet`` (all
rows that were read, with the label if known) and ``replay/`` (a sample to send to the model again). Drift and
bad accuracy do not fail the job; invalid inputs do.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from jobs.answers import AnswerShape
from jobs.database import connect, copy_to, literal, quote
from jobs.folders import Folders, write_json
from jobs.forecasts.served import with_series
from jobs.monitoring.accuracy import IDENTITY, groups_of, labelled_rows, measure, partial_groups
from jobs.monitoring.changes import changes, few_blocks, rare_classes
from jobs.monitoring.drift_comparison import compare
from jobs.monitoring.estimate import estimate_performance
from jobs.monitoring.fairness import fairness
from jobs.monitoring.inputs import findings
from jobs.monitoring.joint import joint
from jobs.monitoring.labels import JoinedLabels, join_labels
from jobs.monitoring.reference import SINGLE_SCORE, Reference, read_previous, read_reference
from jobs.monitoring.replay import write_replay
from jobs.monitoring.rows import Served, stage_served
from jobs.monitoring.segments import segments
from jobs.monitoring.settings import Settings, read_settings
from jobs.monitoring.skew import skew
from jobs.monitoring.summary import MonitoringResult, report, summary, verdict
from jobs.names import (
    ANSWER,
    ENTITY,
    EVENT_TIME,
    INFERENCE_ID,
    LABEL,
    ROW_KEY,
    SCORE,
    SERVED_AT,
    VERSION,
    beside,
)
from jobs.pages.monitoring import to_html
from jobs.plan import Plan
from jobs.serving.program import Program
from jobs.statistics.baseline import NO_ROWS
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.verdict import Verdict

ROW_COLUMNS: Mapping[str, str] = {
    "inference_id": INFERENCE_ID,
    "row_key": ROW_KEY,
    "entity": ENTITY,
    "event_time": EVENT_TIME,
    "served_at": SERVED_AT,
    "score": SCORE,
    "package_version": VERSION,
    "label": LABEL,
}
"""The first columns of ``rows.parquet`` in every task; the features follow."""


SHARE = 0.6
"""The fraction of DuckDB's default memory limit to use: metrics and classifier need memory of their own."""


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Faults of single lines, rows and labels are counted and reported.

    Args:
        memory: DuckDB's memory limit, by default about half of the machine's memory. The metrics and the
            classifier of `joint` need memory besides, for the labelled rows and two samples.

    Raises:
        JobError: when a file that the plan names is missing or was replaced, or when the baseline belongs to
            another model package.
    """
    plan = plan.read_by("monitor")
    settings = read_settings(plan)
    program = Program.read(folders.input("program"))
    shape = AnswerShape.of(plan.dataset)
    reference = read_reference(folders.input("baseline"), settings.package, shape, program.columns)
    previous, notes = read_previous(folders, settings)
    output = folders.output("monitoring")
    with connect(memory, share=SHARE) as (connection, scratch):
        served = stage_served(connection, plan, settings, folders, program, scratch)
        label_folder = folders.input("labels") if settings.by and plan.files else None
        labels = join_labels(connection, plan, settings, label_folder, served.columns, scratch)
        result = _result(connection, plan, settings, program, served, labels, reference, previous, notes)
        write_json(output / "summary.json", encode(summary(result)))
        write_json(output / "report.json", report(result))
        (output / "report.html").write_text(to_html(result), encoding="utf-8")
        # Written without rows too: the next window's plan names this file before its content is known.
        own = result.drifting.statistics or NO_ROWS
        write_json(output / "statistics.json", {**own, "mdlc": _origin(plan, settings)})
        _write_rows(connection, features(plan, program), output / "rows.parquet", shape)
        if plan.dataset.forecast is None:
            write_replay(connection, program, output / "replay", rows=settings.sample, seed=settings.seed)
    return verdict(result)


def features(plan: Plan, program: Program) -> dict[str, str]:
    """The raw columns that the feature program reads, without the timestamp; declared features first."""
    columns = {name: kind for name, kind in program.columns.items() if name != plan.dataset.timestamp}
    if plan.dataset.forecast is not None:
        # A forecast's inputs are the target's history and the known columns.
        columns[str(plan.dataset.label)] = plan.dataset.columns[str(plan.dataset.label)]
    return {**{name: columns[name] for name in plan.dataset.features if name in columns}, **columns}


def _result(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    settings: Settings,
    program: Program,
    served: Served,
    labels: JoinedLabels,
    reference: Reference,
    previous: Mapping[str, Any] | None,
    notes: list[str],
) -> MonitoringResult:
    task, columns = plan.dataset.task, features(plan, program)
    truth, (keys,) = labelled_rows(connection, settings, task, also=[IDENTITY])
    if plan.dataset.forecast is not None:
        truth = with_series(connection, truth)
    groups = groups_of(keys) if truth.groups is None else truth.groups
    # Rows that bring their own groups, and blocks in them, are resampled by these.
    metrics, undefined = measure(truth, settings, groups if truth.groups is None else None)
    holdout = reference.performance.get("metrics") or {}
    parts, about_parts = segments(connection, settings, served, labels, task)
    gaps, about_gaps = fairness(connection, settings, served, labels, task)
    drifting = compare(connection, settings, served, columns, reference, previous, plan.dataset.group)
    together, about_joint = joint(connection, settings, served, columns, reference)
    sent = {name: kind for name, kind in columns.items() if name in served.sent}
    return MonitoringResult(
        plan=plan,
        settings=settings,
        served=served,
        labels=labels,
        reference=reference,
        drifting=drifting,
        joint=together,
        metrics=metrics,
        changes=changes(metrics, holdout, truth, groups, settings.thresholds.alpha),
        segments=parts,
        fairness=gaps,
        estimate=estimate_performance(connection, settings, reference.performance, truth, sent),
        skew=skew(connection, columns, served, labels, reference.statistics),
        findings=findings(connection, plan, settings, program, served, reference.statistics),
        notes=[
            *(
                *served.notes,
                *labels.notes,
                *undefined,
                *rare_classes(truth, groups),
                *few_blocks(truth),
                *partial_groups(connection, settings),
                *about_parts,
                *about_gaps,
                *about_joint,
            ),
            *(*reference.notes, *notes),
        ],
    )


def _origin(plan: Plan, settings: Settings) -> dict[str, Any]:
    return {"model": plan.model, "run": settings.package.run, "window": vars(settings.window)}


def row_columns(shape: AnswerShape) -> dict[str, str]:
    """The first columns of ``rows.parquet``, each to its SQL expression; classes by their names."""
    columns = dict(ROW_COLUMNS)
    if shape.published:
        columns[shape.published] = ANSWER
    if shape.task == "multiclass":
        classes = ", ".join(map(literal, shape.names))
        columns |= {
            "prediction": shape.prediction(ANSWER),
            "label": f"[{classes}][CAST({LABEL} AS INTEGER) + 1]",
        }
    return columns


def _write_rows(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, str],
    path: Path,
    shape: AnswerShape = SINGLE_SCORE,
) -> None:
    """Write all rows; a feature that is named like one of the first columns gets the prefix ``feature_``."""
    ours = row_columns(shape)
    first = ", ".join(f"{column} AS {name}" for name, column in ours.items())
    named = beside(columns, ours, "feature_")
    values = "".join(f", {quote(name)} AS {quote(alias)}" for name, alias in named.items())
    copy_to(connection, f"SELECT {first}{values} FROM joined ORDER BY {SERVED_AT}, {INFERENCE_ID}", path)
