"""``mdlc run``, ``mdlc executions`` and ``mdlc logs``."""

from __future__ import annotations

from typing import Annotated

import typer

from mdlc_cli import job_logs, machines, progress, running, terminal, watch
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.history import timeline
from mdlc_cli.target import Target


def run(
    workflow: Annotated[
        str, typer.Argument(help="`training`, `batch-inference`, `monitoring`, or a state machine's name.")
    ],
    given: Annotated[
        str | None, typer.Option("--input", help="Input as JSON, or @FILE, or @- for standard input.")
    ] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    yes: options.Yes = False,
    local: options.Local = None,
) -> None:
    """Run a workflow and watch it. Exit status 1 when it fails."""
    text = running.read_input(given)
    _, target = options.chosen_to_change(local, f"Run {workflow}", yes=yes)
    machine = machines.choose(machines.all_machines(target, stack=stack), workflow, model=model)
    execution = running.start(target, machine, text)
    if not wait:
        terminal.write(execution)
        return
    if not running.to_the_end(target, execution, what="the execution").succeeded:
        raise typer.Exit(1)


def executions(
    workflow: Annotated[str | None, typer.Argument(help="Only this workflow.")] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=1000)] = 20,
    local: options.Local = None,
) -> None:
    """List what ran: when, how long, and how it ended."""
    _, target = options.chosen(local)
    found = machines.all_machines(target, stack=stack)
    if workflow:
        found = [machines.choose(found, workflow, model=model)]
    elif model:
        found = [machine for machine in found if machine.name.startswith(f"{model}-")]
    table = progress.table("started", "machine", "execution", "status", "seconds")
    for each in machines.newest(target, found, limit=limit):
        seconds = f"{(each.stopped - each.started).total_seconds():.0f}" if each.stopped else ""
        table.add_row(f"{each.started:%Y-%m-%d %H:%M:%S}", each.machine, each.name, each.status, seconds)
    progress.results_console().print(table)


def logs(
    name: Annotated[
        str | None, typer.Argument(help="An execution or a job. Default: the newest execution.")
    ] = None,
    tail: Annotated[int | None, typer.Option(help="Only the last lines of each job.", min=1)] = None,
    local: options.Local = None,
) -> None:
    """Print what the jobs of an execution wrote, or one job."""
    _, target = options.chosen(local)
    job = job_logs.find(target, name) if name else None
    if job is not None:
        for line in job_logs.lines(target, job, limit=tail):
            terminal.write(line)
        return
    execution = _execution(target, name)
    seen = timeline(watch.events(target.client("stepfunctions"), execution.arn))
    if not (seen and seen.jobs):
        text = f"Execution {execution.name} of {execution.machine} ran no jobs: see `mdlc executions`"
        progress.stderr_console().print(text, markup=False)
    for each in seen.jobs if seen else ():
        terminal.write(f"==> {each.name}")
        for line in job_logs.lines(target, each, limit=tail):
            terminal.write(line)


def _execution(target: Target, name: str | None) -> machines.Execution:
    recent = machines.newest(target, machines.all_machines(target), limit=1000 if name else 1)
    fitting = [each for each in recent if name in (None, each.name, each.arn)]
    if not fitting:
        wanted = f"{name!r} is neither a job with a log nor an execution" if name else "nothing has run yet"
        raise CommandError(f"{wanted}: see `mdlc executions`")
    return fitting[0]
