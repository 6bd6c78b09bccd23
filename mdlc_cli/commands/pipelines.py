"""``mdlc pipeline``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.output import progress, terminal
from mdlc_cli.pipelines import approvals, executions, failures, following
from mdlc_cli.pipelines.executions import SHORT_COMMIT, ActionView, ExecutionView
from mdlc_cli.versions.model_list import age

app = typer.Typer(help="The delivery pipeline: from a commit to every environment.")

Name = Annotated[
    str | None, typer.Argument(metavar="[PIPELINE]", help="The pipeline. Default: the only one.")
]
Stage = Annotated[str | None, typer.Option("--stage", help="The stage of the approval.", show_default=False)]
STYLES = {"Succeeded": "green", "Failed": "red", "InProgress": "cyan"}


@app.command()
def run(
    name: Name = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Release the newest commit: start the pipeline and follow it to its end or to an approval."""
    _, target = options.chosen_to_change(local, "Start the pipeline", yes=yes)
    pipeline = executions.choose(target, name)
    execution = executions.start(target, pipeline)
    if not wait:
        if as_json:
            terminal.write_json({"pipeline": pipeline, "execution": execution})
        else:
            terminal.write(execution)
        return
    _finish(target, pipeline, following.follow(target, pipeline, execution), as_json=as_json)


@app.command()
def status(
    name: Name = None,
    limit: Annotated[int, typer.Option(help="How many executions, newest first.", min=1, max=100)] = 5,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Show the stages, the latest executions, what failed and why, and what waits for a person."""
    _, target = options.chosen(local)
    pipeline = executions.choose(target, name)
    views, latest = executions.actions(target, pipeline), executions.latest(target, pipeline, limit=limit)
    if as_json:
        terminal.write_json(
            {
                "pipeline": pipeline,
                "actions": [view.to_json() for view in views],
                "executions": [each.to_json() for each in latest],
            }
        )
        return
    out, now = progress.results_console(), datetime.now(UTC)
    table = progress.table("stage", "action", "status", "when")
    for view in views:
        when = age(view.changed.isoformat(), now) if view.changed else ""
        shown = terminal.line(("waits for you" if view.token else view.status, STYLES.get(view.status, "")))
        table.add_row(view.stage, view.name, shown, when)
    out.print(table)
    out.print()
    table = progress.table("execution", "commit", "status", "when", "message")
    for each in latest:
        shown = terminal.line(
            (each.status + (" (rollback)" if each.rollback else ""), STYLES.get(each.status, ""))
        )
        when = age(each.started.isoformat(), now) if each.started else ""
        table.add_row(each.id, each.commit[:SHORT_COMMIT], shown, when, each.message)
    out.print(table)
    for text in failures.reasons(target, views, latest[0].id) if latest else ():
        out.print(terminal.line(text))
    for view in views:
        if view.token:
            _say_waiting(pipeline, view)


@app.command()
def approve(
    name: Name = None,
    stage: Stage = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.", show_default=False)] = "",
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Approve what waits: shows what changes, and asks."""
    _answer(name, stage, approvals.APPROVED, reason, yes=yes, as_json=as_json, local=local)


@app.command()
def reject(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.", show_default=False)],
    name: Name = None,
    stage: Stage = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Reject what waits: nothing of its commit goes to that environment."""
    _answer(name, stage, approvals.REJECTED, reason, yes=yes, as_json=as_json, local=local)


def _answer(
    name: str | None,
    stage: str | None,
    answer: str,
    reason: str,
    *,
    yes: bool,
    as_json: bool,
    local: bool | None,
) -> None:
    _, target = options.chosen(local)
    pipeline = executions.choose(target, name)
    view = approvals.pending(target, pipeline, stage)
    out = progress.stderr_console()
    for text in (view.summary or "The pipeline says nothing of what changes.").splitlines():
        out.print(terminal.line(text))
    verb = "Approve" if answer == approvals.APPROVED else "Reject"
    options.confirm(target, f"{verb} {view.stage} of {pipeline}", yes=yes)
    approvals.answer(target, pipeline, view, answer, reason)
    if as_json:
        terminal.write_json({"pipeline": pipeline, "stage": view.stage, "answer": answer})
        return
    out.print(terminal.line(f"{answer}: follow it with `mdlc pipeline status {pipeline}`."))


def _finish(target: Target, pipeline: str, outcome: ExecutionView | ActionView, *, as_json: bool) -> None:
    """Print how a run ended; the exit status is 1 when it did not succeed."""
    if as_json:
        terminal.write_json(outcome.to_json())
    if isinstance(outcome, ActionView):
        _say_waiting(pipeline, outcome)
        return
    if outcome.status == executions.SUCCEEDED:
        return
    out = progress.stderr_console()
    views = executions.actions(target, pipeline)
    for text in failures.reasons(target, views, outcome.id) or [outcome.summary or outcome.status]:
        out.print(terminal.line(text))
    raise typer.Exit(1)


def _say_waiting(pipeline: str, view: ActionView) -> None:
    out = progress.stderr_console()
    for text in view.summary.splitlines():
        out.print(terminal.line(text))
    out.print(
        terminal.line(f"{view.stage} waits for you: `mdlc pipeline approve {pipeline} --stage {view.stage}`.")
    )
