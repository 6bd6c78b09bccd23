"""Options that several commands share."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli import places
from mdlc_cli.aws import target
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import completion
from mdlc_cli.errors import CommandError

Local = Annotated[
    bool | None,
    typer.Option(
        "--local/--aws",
        help="Which AWS to use. By default the local one; your AWS account where none was ever up.",
        show_default=False,
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="Only what this stack made.",
        show_default=False,
        autocompletion=completion.stacks,
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Only this model.", show_default=False, autocompletion=completion.models),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.", show_default=False)]

Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask before changing anything.", show_default=False)
]
_VERSION = re.compile(r"v?([1-9][0-9]{0,5})")


def version(text: str) -> int:
    """The number of a version as it is given on the command line: ``7`` or ``v7``.

    Raises:
        CommandError: it is neither.
    """
    if match := _VERSION.fullmatch(text.strip()):
        return int(match[1])
    raise CommandError(
        f"{text!r} is no version's number: give one such as 7 or v7, of those that `mdlc models` lists"
    )


Version = Annotated[int, typer.Argument(metavar="VERSION", help="The version: `7` or `v7`.", parser=version)]


def chosen(local: bool | None) -> tuple[Path, Target]:
    """The project's folder and the chosen AWS, which is printed."""
    root = places.project_root()
    choice: target.Choice | None = None if local is None else "local" if local else "aws"
    return root, target.reported(root, choice)


def chosen_to_change(local: bool | None, what: str, *, yes: bool) -> tuple[Path, Target]:
    """Like `chosen`, for a command that changes something; asks for confirmation on a real account.

    Args:
        local: the option `--local/--aws`; None for neither.
        what: the change, as the question begins: ``Deploy``.
        yes: the option `--yes`, which skips the question.

    Raises:
        CommandError: there is no terminal to ask on.
        typer.Abort: the answer is no.
    """
    root, target = chosen(local)
    if not target.is_local:
        confirm(target, what, yes=yes)
    return root, target


def confirm(target: Target, what: str, *, yes: bool) -> None:
    """Ask for confirmation of a change; returns when it is confirmed.

    Raises:
        CommandError: there is no terminal to ask on.
        typer.Abort: the answer is no.
    """
    check_answerable(target, what, yes=yes)
    if not yes:
        typer.confirm(f"{what} in {_place(target)}?", abort=True, err=True)


def check_answerable(target: Target, what: str, *, yes: bool) -> None:
    """Raise an error early when a later confirmation would be impossible.

    Raises:
        CommandError: `--yes` is missing and there is no terminal to ask on.
    """
    if not yes and not sys.stdin.isatty():
        raise CommandError(
            f"{what} in {_place(target)} must be confirmed and nobody can be asked here: give --yes"
        )


def _place(target: Target) -> str:
    return "the local AWS" if target.is_local else f"account {target.account}, region {target.region}"
