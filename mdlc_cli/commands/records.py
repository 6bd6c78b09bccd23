"""``mdlc audit``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from mdlc_cli.audit import account, audit_table, family_tree
from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import outcomes, waiting
from mdlc_cli.output import progress, terminal
from mdlc_cli.predictions.searching import Search
from mdlc_client import audit as records
from mdlc_client import family, registered
from mdlc_client.audit import Item

Prediction = Annotated[
    str | None,
    typer.Argument(
        metavar="PREDICTION_ID",
        help="A decision's request_id, an endpoint's inference id, or a batch's inference_id.",
        show_default=False,
    ),
]


def audit(
    prediction_id: Prediction = None,
    model: options.Model = None,
    stack: options.Stack = None,
    run: Annotated[
        str | None, typer.Option(help="Look for the id in this run's batch only.", show_default=False)
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Look through what endpoints captured on this day in UTC, too.",
            show_default=False,
        ),
    ] = None,
    as_table: Annotated[
        bool, typer.Option("--table", help="With --model: its executions instead of its family tree.")
    ] = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Show what was trained, scored and decided: when, on which data, why.

    With PREDICTION_ID: where that one answer comes from. With --model: the family tree of its versions.
    """
    if prediction_id is None and (run is not None or on is not None):
        raise CommandError("--run and --on narrow the search for a prediction: give its id before them")
    _, target = options.chosen(local)
    if prediction_id is not None:
        day = on.date() if on else None
        _account(
            Search(target=target, prediction_id=prediction_id, stack=stack, model=model, run=run, on=day),
            as_json,
        )
        return
    items = [
        item
        for table in stacks.audit_tables(target, stack)
        for item in records.items(target, table, model=model)
    ]
    if model is not None and not as_table:
        _family(target, model, items, as_json)
    elif as_json:
        terminal.write_json(items)
    else:
        _table(target, items)


def _account(search: Search, as_json: bool) -> None:
    with progress.step(f"Looking for {search.prediction_id}") as step:
        search.note = step.detail
        prediction, items = search.find()
        step.detail("the version that answered")
        content = account.of(search.target, prediction, items)
    if as_json:
        terminal.write_json(content.to_json())
        return
    out = progress.results_console()
    for title, rows in account.sections(content):
        out.print(title, style="bold", markup=False)
        table = progress.table("", "")
        table.show_header = False
        for name, value in rows:
            table.add_row(f"  {name}", value)
        out.print(table)


def _family(target: Target, model: str, items: list[Item], as_json: bool) -> None:
    with progress.step(f"Reading the versions of {model}") as step:
        packages = registered.versions(target, model)
        model_family = family.of(model, items, packages)
        step.summary = f"{len(model_family.versions)} versions"
    if not items and not packages:
        raise CommandError(f"no model is called {model!r}: `mdlc audit` shows those there are")
    if as_json:
        terminal.write_json(model_family.to_json())
        return
    progress.results_console().print(family_tree.drawn(model_family))


def _table(target: Target, items: list[Item]) -> None:
    ran = records.executions(items)
    columns, rows = audit_table.rows(ran)
    out = progress.results_console()
    table = progress.table(*columns)
    for row in rows:
        table.add_row(*row)
    out.print(table)
    latest: dict[str, Item] = {}
    for item in ran:
        latest.setdefault(f"{item.get('model')}-{item.get('workflow')}", item)
    endings = ((machine, outcomes.of_item(target, item)) for machine, item in latest.items())
    for note in outcomes.latest_notes(endings):
        out.print(terminal.line(note))
    for name, champion in sorted(records.champions(items).items()):
        out.print(terminal.one_line(f"Champion of {name}: version {champion.get('version')}"))
    for sentence in waiting.sentences(target, items):
        out.print(terminal.line(sentence))
