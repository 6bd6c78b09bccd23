"""``mdlc run``, ``mdlc executions`` and ``mdlc logs``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import completion, options
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import advice, job_logs, machines, outcomes, releases, running, watch
from mdlc_cli.executions.history import timeline
from mdlc_cli.output import progress, terminal
from mdlc_cli.results import endings, references


def run(
    workflow: Annotated[
        str,
        typer.Argument(
            help="`training`, `batch-inference`, `monitoring`, or a state machine's name.",
            autocompletion=completion.workflows,
        ),
    ],
    input_text: Annotated[
        str | None, typer.Option("--input", help="Input as JSON, or @FILE, or @- for standard input.")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--last",
            metavar="LENGTH",
            help="For monitoring: the window from that long ago until now, such as 45m, 6h or 2d.",
            show_default=False,
        ),
    ] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Run a workflow and watch it. Exit status 1 when it fails."""
    text = running.read_input(input_text)
    text = running.with_last(text, last, datetime.now(UTC)) if last is not None else text
    _, target = options.chosen_to_change(local, f"Run {workflow}", yes=yes)
    machine = machines.choose(machines.all_machines(target, stack=stack), workflow, model=model)
    if last is not None and not advice.workflow_of(machine.name).endswith("monitoring"):
        raise CommandError(f"--last {last} is for monitoring, and {machine.name} is not: leave it out")
    execution = running.start(target, machine, text)
    if not wait:
        if as_json:
            terminal.write_json({"execution": execution.rpartition(":")[2], "arn": execution})
        else:
            terminal.write(execution)
        return
    result = running.to_the_end(target, execution, as_json=as_json)
    endings.write(target, result, as_json=as_json)
    if result.failed:
        raise typer.Exit(1)
    if not as_json and advice.workflow_of(machine.name) == "training" and result.outcome == "Succeeded":
        _say_what_follows(target, machine, result)


def _say_what_follows(target: Target, machine: machines.StateMachine, result: running.Result) -> None:
    """Prints the release that the new version's approval started, or the command that starts one.

    Prints nothing when the model has no release machine.
    """
    model = machine.name.removesuffix("-training")
    wanted = f"{model}-{releases.WORKFLOW}"
    matching = [
        state_machine for state_machine in machines.all_machines(target) if state_machine.name == wanted
    ]
    if not matching:
        return
    begun = releases.begun_since(target, matching[0], result.timeline.started)
    if begun is None:
        text = f"Next: `mdlc release --model {model}` brings it to the endpoint."
    else:
        text = f"{begun.sentence} has begun: watch it with `mdlc release --model {model}`."
    progress.results_console().print(terminal.line(text))


def executions(
    workflow: Annotated[
        str | None, typer.Argument(help="Only this workflow.", autocompletion=completion.workflows)
    ] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=1000)] = 20,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """List what ran: when (in UTC), how long, and how it ended."""
    _, target = options.chosen(local)
    state_machines = machines.all_machines(target, stack=stack)
    if workflow:
        state_machines = [machines.choose(state_machines, workflow, model=model)]
    elif model:
        state_machines = machines.of_model(state_machines, model)
    ended = [
        (each, outcomes.of(target, each)) for each in machines.newest(target, state_machines, limit=limit)
    ]
    if as_json:
        listed = [{**asdict(each), **asdict(ending)} for each, ending in ended]
        # An execution's name has the same key in every command's document.
        terminal.write_json([{"execution": document.pop("name"), **document} for document in listed])
        return
    table = progress.table("started", "machine", "execution", "status", "outcome", "seconds")
    for each, ending in ended:
        seconds = f"{(each.stopped - each.started).total_seconds():.0f}" if each.stopped else ""
        started = f"{each.started:%Y-%m-%d %H:%M:%S}"
        table.add_row(started, each.machine, each.name, each.status, ending.outcome, seconds)
    out = progress.results_console()
    out.print(table)
    for note in outcomes.latest_notes((each.machine, ending) for each, ending in ended):
        out.print(terminal.line(note))


def logs(
    name: Annotated[
        str | None,
        typer.Argument(help="An execution, a run or a job. Default: the newest execution."),
    ] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    tail: Annotated[int | None, typer.Option(help="Only the last lines of each job.", min=1)] = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Print what the jobs of an execution wrote, or one job."""
    _, target = options.chosen(local)
    job = job_logs.find(target, name) if name else None
    if job is not None:
        lines = job_logs.lines(target, job, limit=tail)
        if as_json:
            terminal.write_json([{"job": job.name, "lines": lines}])
        for line in () if as_json else lines:
            terminal.write(line)
        return
    execution = _execution(target, name, stack, model)
    seen = timeline(watch.events(target.client("stepfunctions"), execution.arn))
    written = ((each.name, job_logs.lines(target, each, limit=tail)) for each in (seen.jobs if seen else ()))
    if as_json:
        terminal.write_json([{"job": job_name, "lines": lines} for job_name, lines in written])
        return
    for job_name, lines in written:
        terminal.write(f"==> {job_name}")
        for line in lines:
            terminal.write(line)
    ending = outcomes.of(target, execution, logs_shown=True)
    jobs = "" if seen and seen.jobs else " and ran no jobs"
    text = f"Execution {execution.name} of {execution.machine} {_ended(execution)}{jobs}."
    progress.stderr_console().print(terminal.line(f"{text} {ending.note}".rstrip()))


def _ended(execution: machines.Execution) -> str:
    return "still runs" if execution.status == outcomes.RUNNING else f"ended as {execution.status}"


def _execution(target: Target, name: str | None, stack: str | None, model: str | None) -> machines.Execution:
    if name is None:
        recent = references.newest_work(target, stack=stack, model=model)
        if not recent:
            raise CommandError(references.NOTHING_YET)
        return recent[0]
    for execution in references.executions(target, stack=stack, model=model):
        if name in (execution.name, execution.arn):
            return execution
    reference = references.resolve(target, name, stack=stack, model=model)
    return references.execution_of(target, reference)
