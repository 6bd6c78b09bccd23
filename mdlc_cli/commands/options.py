"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli import places, target
from mdlc_cli.target import Target

Local = Annotated[
    bool | None,
    typer.Option(
        "--local/--aws",
        help="Which AWS to use. By default the local one when it runs, else your AWS account.",
        show_default=False,
    ),
]
Stack = Annotated[str | None, typer.Option("--stack", help="Only what this stack made.", show_default=False)]
Model = Annotated[str | None, typer.Option("--model", help="Only this model.", show_default=False)]


def chosen(local: bool | None) -> tuple[Path, Target]:
    """The project of the working folder and the AWS in use, which is said."""
    root = places.project_root()
    choice: target.Choice | None = None if local is None else "local" if local else "aws"
    return root, target.announced(root, choice)
