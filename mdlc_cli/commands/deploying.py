"""``mdlc deploy`` and ``mdlc teardown``."""

from __future__ import annotations

from typing import Annotated

import typer

from mdlc_cli import deployment, progress, terminal
from mdlc_cli.commands import options


def deploy(
    stacks: Annotated[list[str] | None, typer.Argument(help="Stacks to deploy. Default: all.")] = None,
    yes: options.Yes = False,
    local: options.Local = None,
) -> None:
    """Make your stacks exist: synthesize the CDK app of this folder and deploy it."""
    root, target = options.chosen_to_change(local, f"Deploy {', '.join(stacks or ['all stacks'])}", yes=yes)
    outputs = deployment.deploy(target, root, stacks or ())
    for stack, values in outputs.items():
        for key, value in values.items():
            terminal.write(terminal.one_line(f"{stack}.{key} = {value}"))
            if (here := target.reached_at(value)) != value:
                terminal.write(terminal.one_line(f"{stack}.{key} on this machine: {here}"))


def teardown(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Stacks to destroy. Default: all of the app.")
    ] = None,
    yes: options.Yes = False,
    local: options.Local = None,
) -> None:
    """Destroy your stacks: stop what still runs, then remove everything they made."""
    root, target = options.chosen(local)
    names = stacks or deployment.stacks_of_app(target, root)
    out = progress.stderr_console()
    if not names:
        out.print("Nothing of this app is deployed", markup=False)
        return
    options.confirm(target, f"Destroy {', '.join(names)}", yes=yes)
    deployment.destroy(target, root, names)
    out.print(f"{', '.join(names)} destroyed", markup=False)
