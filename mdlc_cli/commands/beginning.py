"""``mdlc init``, ``mdlc doctor`` and ``mdlc diff``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli import csv_columns, progress, sample_data, team_repository, terminal
from mdlc_cli.csv_columns import Head
from mdlc_cli.errors import CommandError


def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder. Default: this one.")] = Path(),
    name: Annotated[
        str | None,
        typer.Option("--name", help="The model's name. Default: the folder's.", show_default=False),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A CSV file of yours. Default: made-up customers.", show_default=False),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="The column to predict.", show_default=False)
    ] = None,
    timestamp: Annotated[
        str | None,
        typer.Option("--timestamp", help="The column with the time of each row.", show_default=False),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="The column that tells one row from all others.", show_default=False),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Render the installed version's template over what it made.")
    ] = False,
) -> None:
    """Make a team's repository: a stack, data, tests and CI, which train on this machine at once.

    Asks for three things at most, and for nothing without a terminal.
    """
    if update:
        _update(folder)
        return
    team_repository.check_empty(folder)
    asks = is_terminal()
    if name is None:
        proposed = team_repository.name_of(folder)
        name = typer.prompt("The model's name", default=proposed, err=True) if asks else proposed
    team_repository.check_name(name)
    if data is None and asks:
        answer = typer.prompt(
            "A CSV file with your data (Enter: made-up customers)", default="", show_default=False, err=True
        )
        data = Path(answer).expanduser() if answer else None
    head = csv_columns.read_head(data) if data else _sample_head()
    if label is None and data is not None:
        label = _asked_label(head, asks=asks)
    roles = csv_columns.roles(head, label=label, timestamp=timestamp, key=key)
    features = roles.dataset().resolved_features
    data_file = team_repository.make(folder, name=name, roles=roles, data=data)
    what = f"{roles.label!r}, a {'yes or no' if roles.task == 'binary' else 'number'}"
    counts = f" (1 is {roles.positive!r})" if roles.task == "binary" and roles.positive != "1" else ""
    terminal.write(
        terminal.one_line(
            f"{name} in {folder}: predicts {what}{counts}, from {', '.join(features)}; "
            f"time {roles.timestamp}, key {roles.key}"
        )
    )
    out = progress.stderr_console()
    if data is not None:
        out.print(
            terminal.line(
                f"{data_file} is a copy of your rows, for the tests: see that they may be in a repository."
            )
        )
    change = "" if folder.resolve() == Path.cwd() else f"`cd {folder}`, "
    steps = f"{change}`pytest`, `mdlc local up`, `mdlc deploy`, `mdlc upload {data_file.relative_to(folder)}`"
    out.print(terminal.line(f"Next: {steps}, `mdlc run training`."))


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _update(folder: Path) -> None:
    changed = team_repository.update(folder)
    text = f"Changed: {', '.join(changed)}. See `git diff`." if changed else "Nothing changed."
    terminal.write(terminal.one_line(text))


def _asked_label(head: Head, *, asks: bool) -> str:
    guess = csv_columns.guessed_label(head)
    if asks:
        columns = ", ".join(head.columns)
        return str(typer.prompt(f"What to predict, of {columns}", default=guess, err=True))
    if guess is None:
        raise CommandError(f"name what to predict with --label, one of {', '.join(head.columns)}")
    return guess


def _sample_head() -> Head:
    rows = [*sample_data.rows()]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(sample_data.COLUMNS)}
    return Head(file=sample_data.FILE_NAME, delimiter=",", columns=columns)
