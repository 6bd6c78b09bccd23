"""``mdlc rules``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.decisions import rules
from mdlc_cli.decisions.rules import Api
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress, terminal

app = typer.Typer(help="Rules that decision APIs execute: check, upload and show them.")

File = Annotated[Path, typer.Argument(help="The rules, a JSON document.")]
Name = Annotated[
    str | None, typer.Option("--api", help="This decision API. Default: the only one.", show_default=False)
]


@app.command()
def check(
    file: File,
    decision: Annotated[
        list[str] | None,
        typer.Option(
            "--decision",
            help="A decision that may be made; give all. Then no deployed API is asked, nor are names of "
            "columns checked.",
            show_default=False,
        ),
    ] = None,
    api: Name = None,
    stack: options.Stack = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Say what is wrong with rules, and upload nothing. Exit status 1 when they cannot be used."""
    if decision and api is not None:
        raise CommandError(f"--decision and --api {api} both say what may be decided: leave one out")
    if decision:
        rules.check(file, decision, None)
        message = f"{file.name} can be used where {', '.join(decision)} may be decided"
    else:
        _, chosen_api = _chosen(file, api, stack, local)
        decision = list(chosen_api.decisions)
        message = f"{file.name} can be used by {chosen_api.name}"
    if as_json:
        terminal.write_json({"file": str(file), "usable": True, "decisions": decision})
        return
    progress.stderr_console().print(message, markup=False)


@app.command()
def put(
    file: File,
    api: Name = None,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Check rules, upload them, and wait until they are in use."""
    target, chosen_api = _chosen(file, api, stack, local)
    if not target.is_local:
        options.confirm(target, f"Put {file.name} into use by {chosen_api.name}", yes=yes)
    with progress.step(f"Uploading {file.name} to {chosen_api.uri}"):
        rules.upload(target, chosen_api, file)
        taken = rules.accepted(target, chosen_api, file)
    if as_json:
        terminal.write_json({"api": chosen_api.name, **taken})
        return
    message = (
        f"{chosen_api.name} decides by {taken['rules_version']}; functions take them up within its rules_age"
    )
    progress.stderr_console().print(message, markup=False)


@app.command()
def show(
    api: Name = None,
    stack: options.Stack = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Show the rules in use, as they were uploaded."""
    _, target = options.chosen(local)
    chosen_api = rules.choose(rules.apis(target, stack), api)
    current = rules.in_use(target, chosen_api)
    if current is None:
        raise CommandError(f"{chosen_api.name} has no rules in use: upload some with `mdlc rules put`")
    if as_json:
        terminal.write_json({"api": chosen_api.name, **current})
        return
    message = f"{chosen_api.name} decides by {current['rules_version']}, since {current['at']}"
    progress.stderr_console().print(f"{message}, from {current['source']}", markup=False)
    terminal.write(current["document"])


def _chosen(file: Path, name: str | None, stack: str | None, local: bool | None) -> tuple[Target, Api]:
    """The chosen AWS and decision API, after a check that the API can use the file's rules."""
    _, target = options.chosen(local)
    chosen_api = rules.choose(rules.apis(target, stack), name)
    rules.check(file, chosen_api.decisions, chosen_api.columns)
    return target, chosen_api
