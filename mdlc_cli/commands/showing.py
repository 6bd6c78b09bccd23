"""``mdlc show`` and ``mdlc watch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import outcomes, running
from mdlc_cli.executions.machines import Execution
from mdlc_cli.output import progress, terminal
from mdlc_cli.predictions import prediction_files
from mdlc_cli.results import endings, finding, references, showing
from mdlc_cli.results.result import ResultSummary

SaveTo = Annotated[
    Path | None,
    typer.Option("--save", metavar="DIR", help="Save its page, picture and documents.", show_default=False),
]


def show(
    name: Annotated[
        str,
        typer.Argument(
            help="An execution, a run, a version (`7`, `champion`), or a window (`endpoint/latest`)."
        ),
    ] = references.LATEST,
    save: SaveTo = None,
    predictions: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write its predictions to a .csv, .jsonl or .parquet file, or as CSV to `-`.",
            show_default=False,
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open its page in the browser.")] = True,
    stack: options.Stack = None,
    model: options.Model = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Show what something left: a summary, its page or picture, its predictions, and what to do next."""
    if predictions is not None:
        prediction_files.kind_of(predictions)
    if as_json and predictions == prediction_files.STANDARD_OUTPUT:
        raise CommandError(
            "--json and --predictions - both print to standard output: give --predictions a file"
        )
    _, target = options.chosen(local)
    reference = references.resolve(target, name, stack=stack, model=model)
    result = finding.of(target, reference, scores_too=predictions is None)
    if as_json:
        terminal.write_json(result.to_json())
    elif predictions != prediction_files.STANDARD_OUTPUT:
        showing.write(result, console=progress.results_console())
    remarks = progress.stderr_console()
    if predictions is not None:
        _predictions(target, result, predictions)
    if save is not None:
        _save(target, result, save)
    elif predictions is None and not as_json and open_page and (said := showing.open_page(target, result)):
        remarks.print(terminal.line(said))


def _predictions(target: Target, result: ResultSummary, name: str) -> None:
    if result.records is None:
        raise CommandError(
            f"{result.name} has no predictions: name a batch's run, or a monitoring window such as "
            "endpoint/latest"
        )
    prediction_files.write(target, result.records, name)


def _save(target: Target, result: ResultSummary, folder: Path) -> None:
    if not result.files:
        raise CommandError(f"{result.name} left no page, picture or document: leave out --save")
    with progress.step(f"saving {result.name} in {folder}") as step:
        saved = objects.save(target, result.files, folder, step.detail)
        step.summary = objects.names(saved)


def watch(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="EXECUTION",
            help="An execution, or a run. Default: the first that runs, else the newest.",
            show_default=False,
        ),
    ] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Follow an execution that somebody else started. Exit status 1 when it failed.

    Of one that has ended, it prints the end.
    """
    _, target = options.chosen(local)
    execution = _watched(target, name, stack, model)
    if execution.status == outcomes.RUNNING:
        message = f"Watching execution {execution.name} of {execution.machine}"
        progress.stderr_console().print(terminal.line(message))
        result = running.to_the_end(target, execution.arn, as_json=as_json)
    else:
        result = running.ended(target, execution.arn)
        message = f"Execution {execution.name} of {execution.machine} has ended"
        progress.stderr_console().print(terminal.line(message))
        if not as_json:
            running.report(target, result, console=progress.results_console())
    endings.write(target, result, as_json=as_json)
    if result.failed:
        raise typer.Exit(1)


def _watched(target: Target, name: str | None, stack: str | None, model: str | None) -> Execution:
    """The execution with this name, or by default the one that runs, else the newest."""
    if name is not None:
        reference = references.resolve(target, name, stack=stack, model=model)
        return references.execution_of(target, reference)
    recent = references.newest_work(target, stack=stack, model=model)
    if not recent:
        raise CommandError(references.NOTHING_YET)
    going = [execution for execution in recent if execution.status == outcomes.RUNNING]
    # What began first may have started the others, and waits for them.
    for other in going[:-1]:
        message = f"{other.machine} runs too: `mdlc watch {other.whole_name}`"
        progress.stderr_console().print(terminal.line(message))
    return going[-1] if going else recent[0]
