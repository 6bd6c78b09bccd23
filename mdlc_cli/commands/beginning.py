"""``mdlc init``, ``mdlc doctor`` and ``mdlc diff``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mdlc_cli import places
from mdlc_cli.aws import target
from mdlc_cli.beginning import csv_columns, sample_data, team_repository
from mdlc_cli.beginning.csv_columns import Head
from mdlc_cli.commands import completion, options
from mdlc_cli.deploying import differences
from mdlc_cli.doctor import account, machine, needs
from mdlc_cli.doctor.findings import Finding, fails, not_known, ok, warning
from mdlc_cli.doctor.needs import Stack
from mdlc_cli.doctor.pseudo_parameters import Environment
from mdlc_cli.doctor.reader import AccountReader
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress, terminal


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
    as_json: options.AsJson = False,
) -> None:
    """Make a team's repository: a stack, data, tests and CI, which train on this machine at once.

    Asks for three things at most, and for nothing without a terminal.
    """
    if update:
        _update(folder, as_json=as_json)
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
    csv_columns.check_features(head, roles)
    features = roles.dataset().resolved_features
    data_file = team_repository.make(folder, name=name, roles=roles, data=data)
    if as_json:
        terminal.write_json(
            {
                "folder": str(folder),
                "model": name,
                "data": str(data_file),
                "features": features,
                **asdict(roles),
            }
        )
        return
    kinds = {"binary": "a yes or no", "multiclass": f"one of {len(roles.classes)} classes"}
    what = f"{roles.label!r}, {kinds.get(roles.task, 'a number')}"
    counts = f" (1 is {roles.positive!r})" if roles.task == "binary" and roles.positive != "1" else ""
    terminal.write(
        terminal.one_line(
            f"{name} in {folder}: predicts {what}{counts}, from {', '.join(features)}; "
            f"{f'time {roles.timestamp}' if roles.timestamp else 'no time'}, "
            f"{f'key {roles.key}' if roles.key else 'no key'}"
        )
    )
    out = progress.stderr_console()
    for column, value in csv_columns.mixed_columns(head, roles.others).items():
        mixed = f"{column!r} holds numbers and {value!r}, so it is {roles.columns[column]}"
        out.print(terminal.line(f"{mixed}: if that means a missing value, leave it empty."))
    if data is not None:
        out.print(
            terminal.line(
                f"{data_file} is a copy of your rows, for the tests: see that they may be in a repository."
            )
        )
    change = "" if folder.resolve() == Path.cwd() else f"`cd {shlex.quote(str(folder))}`, "
    put = f"`mdlc put {shlex.quote(str(data_file.relative_to(folder)))}`"
    tests = "`pip install -r requirements.txt`, `pytest`"
    steps = f"{change}{tests}, `mdlc local up`, `mdlc deploy`, {put}"
    out.print(terminal.line(f"Next: {steps}, `mdlc run training`."))


STYLES = {"ok": "green", "warning": "yellow", "fails": "bold red", "not known": "dim"}


def doctor(as_json: options.AsJson = False, local: options.Local = None) -> None:
    """Say what this machine and the account lack, and what to do. Changes nothing.

    Exit status 1 when something will not work.
    """
    root = places.project_root()
    stacks = needs.synthesized(root)
    areas = {"this machine": [*machine.findings(root, wants_java=needs.run_spark(stacks or ()))]}
    areas |= _account(root, stacks, local)
    if as_json:
        terminal.write_json({area: [asdict(each) for each in each_of] for area, each_of in areas.items()})
    else:
        _print(areas)
    if any(each.status == "fails" for each_of in areas.values() for each in each_of):
        raise typer.Exit(1)


def diff(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(help="Stacks to compare. Default: all.", autocompletion=completion.stacks),
    ] = None,
    fail: Annotated[bool, typer.Option("--fail", help="Exit status 1 when something would change.")] = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Say what `mdlc deploy` would change, and change nothing."""
    root, chosen = options.chosen(local)
    compared = differences.of_app(chosen, root, stacks or ())
    changed = [each for each in compared if each.changes]
    if as_json:
        terminal.write_json([asdict(each) for each in compared])
    elif not changed:
        names = ", ".join(each.stack for each in compared)
        terminal.write(terminal.one_line(f"Nothing would change: {names} is deployed as the app says."))
    for each in () if as_json else changed:
        terminal.write(terminal.one_line(f"Stack {each.stack}"))
        for line in each.changes:
            terminal.write(terminal.one_line(line))
    if fail and changed:
        raise typer.Exit(1)


def _account(root: Path, stacks: Sequence[Stack] | None, local: bool | None) -> dict[str, list[Finding]]:
    """The findings about the chosen AWS, by its name; none where none is chosen and none can be reached."""
    choice: target.Choice | None = None if local is None else "local" if local else "aws"
    try:
        chosen = target.choose(root, choice)
    except CommandError as error:
        sentence, _, remedy = str(error).partition(": ")
        kind = not_known if choice is None else fails
        return {"AWS": [kind("credentials", sentence, remedy)]}
    name = "the local AWS" if chosen.is_local else f"account {chosen.account}, region {chosen.region}"
    if stacks is None:
        says = "no app was synthesized here, so what it asks for cannot be compared"
        return {
            name: [warning("app", says, "run `mdlc diff` or `mdlc deploy` in the app's folder, then again")]
        }
    credentials = ok("credentials", chosen.sentence)
    asked = needs.of(stacks, Environment(account=chosen.account, region=chosen.region or ""))
    # The quotas of SageMaker alone are dozens of pages.
    with progress.step(f"asking {name}"):
        return {name: [credentials, *account.findings(AccountReader(chosen), asked)]}


def _print(areas: Mapping[str, Sequence[Finding]]) -> None:
    out = progress.results_console()
    for area, each_of in areas.items():
        out.print(terminal.line((f"{area[:1].upper()}{area[1:]}", "bold")))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for each in each_of:
            remedy = f"\n-> {each.remedy}" if each.remedy else ""
            grid.add_row(
                terminal.line((f"  {each.status}", STYLES[each.status])),
                terminal.line(f"{each.check}: {each.says}{remedy}"),
            )
        out.print(grid)


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _update(folder: Path, *, as_json: bool) -> None:
    changed = team_repository.update(folder)
    if as_json:
        terminal.write_json({"folder": str(folder), "changed": changed})
        return
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
