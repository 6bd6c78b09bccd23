"""``mdlc put``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.beginning import putting
from mdlc_cli.beginning.putting import Dataset, Upload
from mdlc_cli.commands import completion, options
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import machines
from mdlc_cli.output import progress, terminal

TRAINING = "training"


def put(
    files: Annotated[list[Path], typer.Argument(help="Files of data, CSV or Parquet as the dataset says.")],
    to: Annotated[
        str | None,
        typer.Option("--to", help="S3 folder. Default: where the workflow reads.", show_default=False),
    ] = None,
    workflow: Annotated[
        str,
        typer.Option(
            "--for",
            help="The workflow that reads them: `training` or `batch-inference`.",
            autocompletion=completion.workflows,
        ),
    ] = TRAINING,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Check columns and types before the upload.")
    ] = True,
    stack: options.Stack = None,
    model: options.Model = None,
    as_json: options.AsJson = False,
    yes: options.Yes = False,
    local: options.Local = None,
) -> None:
    """Check files of data, and put them where a workflow reads. A file of the same name is replaced.

    When one file fails the check, nothing is uploaded.
    """
    names = ", ".join(file.name for file in files)
    _, target = options.chosen(local)
    if not target.is_local:
        options.check_answerable(target, f"Put {names}", yes=yes)
    # Whatever can be said without AWS is said first.
    if to is None:
        putting.check_files(files)
    else:
        putting.planned(files, to)
    dataset = _dataset(target, workflow, stack=stack, model=model, to=to)
    folder = to or (dataset.folder if dataset is not None else "")
    uploads = putting.planned(files, folder)
    if check:
        uploads = _checked(uploads, dataset, folder)
    if not target.is_local:
        options.confirm(target, f"Put {names} into {folder}", yes=yes)
    putting.put(target, uploads)
    if as_json:
        terminal.write_json(
            [{"file": str(each.file), "uri": each.uri, "rows": each.rows} for each in uploads]
        )
    if dataset is not None and folder == dataset.folder:
        follows = workflow if model is None else f"{workflow} --model {model}"
        progress.stderr_console().print(terminal.line(f"Next: `mdlc run {follows}` reads them."))


def _dataset(
    target: Target, workflow: str, *, stack: str | None, model: str | None, to: str | None
) -> Dataset | None:
    """The dataset of the workflow; None if there is none and the files go elsewhere anyway."""
    try:
        state_machines = machines.all_machines(target, stack=stack)
        return putting.dataset_of(target, machines.choose(state_machines, workflow, model=model))
    except CommandError:
        if to is None:
            raise
        return None


def _checked(uploads: list[Upload], dataset: Dataset | None, folder: str) -> list[Upload]:
    out = progress.stderr_console()
    if dataset is None or not folder.startswith(dataset.folder):
        out.print(terminal.line(f"Not checked: no dataset is read from {folder}."))
        return uploads
    what = uploads[0].file.name if len(uploads) == 1 else f"{len(uploads)} files"
    with progress.step(f"checking {what} by the dataset's columns") as step:
        checked = putting.check(uploads, dataset, label=bool(dataset.section.get("label")))
        rows = sum(each.rows or 0 for each in checked)
        step.summary = f"{rows:,} row{'' if rows == 1 else 's'}"
    return checked
