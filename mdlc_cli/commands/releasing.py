"""``mdlc release`` and ``mdlc rollback``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import machines, releases, running, waiting
from mdlc_cli.executions.machines import StateMachine
from mdlc_cli.executions.running import Result
from mdlc_cli.output import progress, terminal
from mdlc_cli.results import endings
from mdlc_client import approvals, audit, lineage, registered

Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the audit.", show_default=False)]


def release(
    version: Annotated[
        int | None,
        typer.Option("--version", help="This approved version. Default: the newest approved one.", min=1),
    ] = None,
    reason: Reason = None,
    stack: options.Stack = None,
    model: options.Model = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Bring a version to the endpoint and watch it. Exit status 1 when it is rolled back.

    A release that runs already, such as one that an approval began, is watched instead of started again.
    """
    _, target = options.chosen_to_change(local, "Release a version", yes=yes)
    machine = machines.choose(machines.all_machines(target, stack=stack), releases.WORKFLOW, model=model)
    _run(target, machine, version, reason, as_json=as_json)


def rollback(
    to: Annotated[
        int | None,
        typer.Option("--to", help="This approved version. Default: the one that served before.", min=1),
    ] = None,
    reason: Reason = None,
    stack: options.Stack = None,
    model: options.Model = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Go back to the version that served before, in one release. Exit status 1 when that fails."""
    _, target = options.chosen_to_change(local, "Roll back a release", yes=yes)
    machine = machines.choose(machines.all_machines(target, stack=stack), releases.WORKFLOW, model=model)
    default_reason = "to go back"
    if to is None:
        name = releases.model_of(machine)
        items = [
            item
            for table in stacks.audit_tables(target, stack)
            for item in audit.items(target, table, model=name)
        ]
        serving, to = releases.before(items, name)
        default_reason = f"to go back from version {serving}"
        progress.stderr_console().print(
            f"Going back from version {serving} of {name} to version {to}", markup=False
        )
    _run(target, machine, to, reason or default_reason, as_json=as_json)


def _run(
    target: Target, machine: StateMachine, version: int | None, reason: str | None, *, as_json: bool
) -> None:
    joined = _join(target, machine, version, as_json=as_json)
    if joined is not None and releases.is_wanted(target, machine, joined, version):
        result = joined
    else:
        _check_decided(target, machine, version)
        arguments = {"package_version": version, "reason": reason}
        text = json.dumps({key: value for key, value in arguments.items() if value is not None})
        execution = running.start(target, machine, text)
        result = running.to_the_end(target, execution, what="the release", as_json=as_json)
    endings.write(target, result, as_json=as_json)
    if not result.succeeded:
        raise CommandError(releases.failure(result, version))


def _join(target: Target, machine: StateMachine, version: int | None, *, as_json: bool) -> Result | None:
    """Watches the releases that already run, one after the other; returns the last one's result, or None."""
    result = None
    out = progress.stderr_console()
    while (release := releases.underway(target, machine)) is not None:
        wanted = version is None or release.version in (None, version)
        why = "watching it" if wanted else f"version {version} is released after it"
        out.print(terminal.line(f"{release.sentence} runs already: {why}"))
        result = running.to_the_end(target, release.arn, what="the release", as_json=as_json)
    return result


def _check_decided(target: Target, machine: StateMachine, version: int | None) -> None:
    """Raise an error when the version, or all there are to release, wait for a person."""
    name = releases.model_of(machine)
    undecided = registered.arns(target, name, status=approvals.PENDING)
    if not undecided:
        return
    numbers = [
        number for arn in undecided if (number := lineage.version_of({"package_arn": arn})) is not None
    ]
    if version is None and releases.newest_approved(target, name) is not None:
        return
    waits = version if version is not None else max(numbers)
    if waits not in numbers:
        return
    raise CommandError(
        f"version {waits} of {name} waits for a person, and no release takes it before it is approved: "
        f"`{waiting.approve_command(name, waits)}`, which begins its release"
    )
