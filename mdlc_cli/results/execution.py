"""How an execution ended: its outcome or why it failed, and where one that runs has got to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import advice, failure_causes, outcomes, waiting, watch
from mdlc_cli.executions.history import Timeline, baking_line, flattened, timeline
from mdlc_cli.results import endings, monitoring
from mdlc_cli.results.references import ExecutionReference, windows_of
from mdlc_cli.results.result import ResultSummary, Section, Table, kept, page_of
from mdlc_client import lineage
from mdlc_client.audit import Item

MAX_STATES = 40


def of(target: Target, reference: ExecutionReference) -> ResultSummary:
    """How an execution ended, or where it stands; what it made is shown by the other modules."""
    execution, item = reference.execution, reference.item
    described: Mapping[str, Any] = {}
    seen: Timeline | None = None
    if not item:
        client = target.client("stepfunctions")
        described = client.describe_execution(executionArn=execution.arn)
        seen = timeline(watch.events(client, execution.arn))
    cause = str(item.get("cause") or described.get("cause") or "")
    failure = None
    if execution.status not in (outcomes.RUNNING, outcomes.SUCCEEDED):
        error = str(item.get("error") or described.get("error") or execution.status)
        failure = advice.failure(execution.arn, error, cause)
    folder = failure_causes.report_folder(cause) if failure else ""
    files = kept(objects.listed(target, folder)) if folder else []
    output = [] if item else flattened(str(described.get("output") or ""))
    outcome = str(item.get("outcome", "")) or dict(output).get("outcome", "")
    package_arn = str(item.get("package_arn", "")) or dict(output).get("package_arn", "")
    ended = "runs" if execution.status == outcomes.RUNNING else outcome or execution.status
    following = [f"{failure.following[:1].upper()}{failure.following[1:]}."] if failure else []
    if execution.status == outcomes.RUNNING:
        following = [f"`mdlc watch {execution.whole_name}` follows it to its end."]
    computed = windows_of(reference.model, item) if reference.model else []
    names = [lineage.window_name(each) for each in computed]
    workflow = advice.workflow_of(execution.machine)
    if reference.model and not failure:
        following += endings.sentences(item, reference.model.name, workflow, computed)
    sections = [
        Section(
            title="Execution",
            rows=[
                ("started", f"{execution.started:%Y-%m-%d %H:%M:%S}"),
                ("ended", f"{execution.stopped:%Y-%m-%d %H:%M:%S}" if execution.stopped else ""),
                ("outcome", outcome),
                ("meaning", waiting.meaning(target, workflow, outcome, package_arn)),
                ("now", baking_line(seen, target.time_scale) if seen else ""),
                ("why", failure.why if failure else ""),
                ("report", folder),
                *_item_rows(item),
            ],
        ),
        *monitoring.sections(computed, names),
        Section(title="Output", rows=[] if failure else output),
        Section(title="States", table=states(seen) if seen and not output else None),
    ]
    return ResultSummary(
        name=f"{execution.machine}-{execution.name}",
        title=f"Execution {execution.name} of {execution.machine}: {ended}",
        sections=sections,
        files=files,
        page=page_of(files),
        following=following,
        document={
            "execution": execution.name,
            "arn": execution.arn,
            "machine": execution.machine,
            "status": execution.status,
            "outcome": outcome,
            "started": execution.started,
            "stopped": execution.stopped,
            "item": item,
            "output": described.get("output"),
            "why": failure.why if failure else "",
            "windows": computed,
            "states": [_state(visit) for visit in seen.visits] if seen else [],
        },
    )


SHOWN_OF_ITEMS = (
    *("trigger", "reason", "run", "version", "endpoint", "replaced", "golden", "experiment", "retired"),
    *("training_execution", "release_execution", "rows"),
)
"""The attributes of an audit item that a summary shows, besides its outcome."""


def _item_rows(item: Item) -> list[tuple[str, str]]:
    empty = ("", "none", "[]", "0")
    return [
        (name.replace("_", " "), str(item[name]))
        for name in SHOWN_OF_ITEMS
        if str(item.get(name, "")) not in empty
    ]


def states(seen: Timeline) -> Table:
    """The states that were entered, the last ones if there are many."""
    rows = []
    for visit in seen.visits[-MAX_STATES:]:
        status = "failed" if visit.failed else "ended" if visit.ended else "runs"
        after = (visit.entered - seen.started).total_seconds()
        rows.append(("  " * visit.inside + visit.state, f"{after:.1f} s", status, _job(visit.job)))
    return Table(columns=("state", "entered after", "status", "job"), rows=rows)


def _job(job: Any) -> str:
    return "" if job is None else str(job.name)


def _state(visit: Any) -> dict[str, Any]:
    return {
        "state": visit.state,
        "entered": visit.entered,
        "ended": visit.ended,
        "failed": visit.failed,
        "job": _job(visit.job) or None,
    }
