"""``mdlc container``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli.beginning import container_folder
from mdlc_cli.commands import options
from mdlc_cli.output import progress, terminal


class Language(StrEnum):
    """The languages of containers."""

    PYTHON = "python"
    R = "r"


def container(
    language: Annotated[Language, typer.Argument(help="The language of the model's code.")],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    as_json: options.AsJson = False,
) -> None:
    """Make the folder of a container of your own: a model in Python or R that trains and answers at once."""
    files = container_folder.make(language.value, folder)
    if as_json:
        terminal.write_json({"folder": str(folder), "language": language.value, "files": files})
        return
    terminal.write(terminal.one_line(f"{folder}: {', '.join(files)}"))
    call = f"CustomContainer.{language.value}({str(folder)!r})"
    progress.stderr_console().print(
        terminal.line(f"Next: pass `algorithm={call}` to a TrainingWorkflow, and `mdlc deploy`.")
    )
