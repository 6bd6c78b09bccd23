"""``mdlc golden``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.decisions import golden, programs
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import machines, releases
from mdlc_cli.output import progress, terminal

app = typer.Typer(help="Recorded questions that every version must answer before it serves.")


@app.command()
def record(
    rows: Annotated[Path, typer.Argument(help="Raw rows: a CSV file with a header, or JSON lines.")],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            help="A row key column of the dataset; give all, in its order. None for rows without ids.",
            show_default=False,
        ),
    ] = None,
    expected: Annotated[
        str | None,
        typer.Option("--expected", help="The column with the answers. Default: what the endpoint answers."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="Whose answers. Default: the model's.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first rows.", min=1)] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Record rows with the answers expected to them, in place of those there are."""
    if expected is not None and endpoint is not None:
        raise CommandError(
            f"--expected {expected} and --endpoint {endpoint} both give the answers: leave one out"
        )
    _, target = options.chosen_to_change(local, "Replace the recorded rows", yes=yes)
    name = _model(target, stack, model)
    classes = programs.classes_of(target, name) if expected is not None else ()
    golden_rows = golden.read(rows, keys=key or (), expected=expected, limit=limit, classes=classes)
    if expected is None:
        with progress.step(f"Asking endpoint {endpoint or name} for {len(golden_rows)} answers"):
            golden_rows = golden.answered(target, endpoint or name, golden_rows)
    bucket = golden.bucket_of(target, name)
    golden.write(target, bucket, golden_rows)
    if as_json:
        terminal.write_json({"model": name, "rows": len(golden_rows), "uri": f"s3://{bucket}/golden/"})
        return
    message = f"{len(golden_rows)} rows recorded in s3://{bucket}/golden/"
    progress.stderr_console().print(message, markup=False)


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Whole rows, as JSON lines.")] = False,
    stack: options.Stack = None,
    model: options.Model = None,
    local: options.Local = None,
) -> None:
    """Show the recorded rows with the answers expected to them."""
    _, target = options.chosen(local)
    name = _model(target, stack, model)
    classes = programs.classes_of(target, name)
    golden_rows = golden.recorded(target, golden.bucket_of(target, name), classes)
    if as_json:
        for golden_row in golden_rows:
            terminal.write(
                json.dumps(
                    {"row_key": golden_row.key, "expected": golden_row.expected, "row": golden_row.row}
                )
            )
        return
    table = progress.table("row_key", "expected", "row")
    for golden_row in golden_rows:
        answer = golden_row.expected
        shown = answer if isinstance(answer, str) else f"{answer:g}"
        table.add_row(golden_row.key, shown, json.dumps(golden_row.row, ensure_ascii=False))
    progress.results_console().print(table)


def _model(target: Target, stack: str | None, model: str | None) -> str:
    if model is not None:
        return model
    state_machines = machines.all_machines(target, stack=stack)
    return releases.model_of(machines.choose(state_machines, releases.WORKFLOW))
