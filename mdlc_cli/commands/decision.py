"""``mdlc openapi``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli import decision_apis, openapi, progress, rules, terminal
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError

ApiName = Annotated[
    str | None, typer.Option("--api", help="This decision API. Default: the only one.", show_default=False)
]


def write_openapi(
    model: options.Model = None,
    stack: options.Stack = None,
    api: ApiName = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Write it to this file. Default: standard output.", show_default=False),
    ] = None,
    local: options.Local = None,
) -> None:
    """Print the OpenAPI 3.1 document of a deployed decision API, as JSON.

    It has the paths, the row's columns with their types, the decisions, the errors, and how to sign.
    """
    _, target = options.chosen(local)
    chosen_api = decision_apis.choose(target, stack=stack, model=model, name=api)
    document = openapi.document(chosen_api, rules.document_in_use(target, chosen_api.rules))
    if output is None:
        terminal.write_json(document)
        return
    try:
        output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written ({error.strerror}): give another --output") from error
    progress.stderr_console().print(terminal.line(f"{chosen_api.name} is described in {output}"))
