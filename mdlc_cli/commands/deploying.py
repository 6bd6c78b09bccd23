"""``mdlc deploy`` and ``mdlc teardown``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import completion, options
from mdlc_cli.deploying import assembly, deployment, removal, retained, teardowns
from mdlc_cli.deploying.retained import Retained
from mdlc_cli.output import progress, terminal


def deploy(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(help="Stacks to deploy. Default: all.", autocompletion=completion.stacks),
    ] = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Make your stacks exist: synthesize the CDK app of this folder and deploy it."""
    root, target = options.chosen_to_change(local, f"Deploy {', '.join(stacks or ['all stacks'])}", yes=yes)
    outputs = deployment.deploy(target, root, stacks or ())
    if as_json:
        terminal.write_json(outputs)
        return
    for stack, values in outputs.items():
        for key, value in values.items():
            terminal.write(terminal.one_line(f"{stack}.{key} = {value}"))
            if (here := target.reached_at(value)) != value:
                terminal.write(terminal.one_line(f"{stack}.{key} on this machine: {here}"))


def teardown(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(help="Stacks to destroy. Default: all of the app.", autocompletion=completion.stacks),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything",
            help="Also remove for good what stacks retain: buckets with all data, audit tables, registered "
            "models, keys. Takes stacks that are already destroyed, too.",
        ),
    ] = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Destroy your stacks: stop what still runs, remove what they made, and say what stays."""
    root, target = options.chosen(local)
    options.check_answerable(target, f"Destroy {', '.join(stacks or ['all stacks'])}", yes=yes)
    app = assembly.synthesized(target, root) if assembly.has_app(root) or not stacks else None
    standing, gone = teardowns.chosen(target, app, stacks or (), everything=everything)
    out = progress.stderr_console()
    if not standing and not gone:
        out.print("Nothing of this app is deployed", markup=False)
        if as_json:
            terminal.write_json(_as_json((), ()))
        return
    if standing:
        more = " and everything that they retain" if everything else ""
        options.confirm(target, f"Destroy {', '.join(standing)}{more}", yes=yes)
        deployment.destroy(target, root, standing, app)
        out.print(f"{', '.join(standing)} destroyed", markup=False)
    left = retained.left_by(target, {*standing, *gone})
    if everything:
        _remove(target, left, yes=yes)
        left = retained.left_by(target, {*standing, *gone}) if as_json else left
    if as_json:
        terminal.write_json(_as_json(standing, left))
        return
    if everything:
        return
    for line in teardowns.what_stays(left):
        out.print(terminal.line(line))


def _as_json(destroyed: Sequence[str], left: Sequence[Retained]) -> dict[str, Any]:
    kept = [{"stack": each.stack, "type": each.kind, "name": each.name} for each in left]
    return {"destroyed": list(destroyed), "retained": kept}


def _remove(target: Target, left: Sequence[Retained], *, yes: bool) -> None:
    out = progress.stderr_console()
    doomed = removal.removable(left)
    if not left:
        out.print("Nothing is left", markup=False)
    if doomed:
        listed = ", ".join(resource.sentence_part for resource in doomed)
        options.confirm(target, f"Remove for good {listed}", yes=yes)
    for resource in doomed:
        with progress.step(f"removing {resource.sentence_part}") as step:
            done = removal.remove(target, resource)
            step.summary = done
    for resource in left:
        if resource not in doomed:
            out.print(terminal.line(f"{resource.sentence_part} stays: {teardowns.why_it_stays(resource)}"))
