"""``mdlc compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.commands.showing import SaveTo
from mdlc_cli.output import progress, terminal
from mdlc_cli.results import comparing, comparison_page, showing
from mdlc_cli.results.comparing import Comparison

NAMES = "A version, the run of a training, `champion`, or `latest`."


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=NAMES, show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help=NAMES, show_default=False)],
    save: SaveTo = None,
    stack: options.Stack = None,
    model: options.Model = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Show two versions side by side: metrics, gate, data, split, hyperparameters, code and importance."""
    _, target = options.chosen(local)
    compared = comparing.read(target, first, second, stack=stack, model=model)
    if as_json:
        terminal.write_json(compared.to_json())
    else:
        left, right = compared.names
        out = progress.results_console()
        out.print(terminal.line((f"{left.capitalize()} and {right} of {compared.model}", "bold")))
        for section in comparing.sections(compared):
            showing.write_section(section, console=out)
    if save is not None:
        _save(target, compared, save)


def _save(target: Target, compared: Comparison, folder: Path) -> None:
    """Save both versions' pages and pictures, and a page that compares them."""
    with progress.step(f"saving the comparison in {folder}") as step:
        files = comparison_page.files(target, compared)
        saved = objects.save(target, files, folder, step.detail)
        saved.append(comparison_page.write(compared, saved, folder))
        step.summary = objects.names(saved)
