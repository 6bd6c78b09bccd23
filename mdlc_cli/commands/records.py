"""``mdlc audit``."""

from __future__ import annotations

from typing import Annotated

import typer

from mdlc_cli import audit as records
from mdlc_cli import progress, stacks
from mdlc_cli.commands import options


def audit(
    model: options.Model = None,
    stack: options.Stack = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is recorded, as JSON.")] = False,
    local: options.Local = None,
) -> None:
    """Show what was trained, scored and decided: when, on which data, why."""
    _, target = options.chosen(local)
    found = [
        item
        for table in stacks.audit_tables(target, stack)
        for item in records.items(target, table, model=model)
    ]
    if as_json:
        print(records.as_json(found))
        return
    columns, rows = records.rows(records.executions(found))
    out = progress.results_console()
    table = progress.table(*columns)
    for row in rows:
        table.add_row(*row)
    out.print(table)
    for name, champion in sorted(records.champions(found).items()):
        out.print(f"Champion of {name}: version {champion.get('version')}", markup=False)
