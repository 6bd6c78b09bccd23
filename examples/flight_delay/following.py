"""Starts the stack's workflows, or finds the release that an approval started, and shows how they go."""

import json
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from mdlc_cli import machines, running
from mdlc_cli.errors import CommandError
from mdlc_cli.machines import StateMachine
from mdlc_cli.running import Result
from mdlc_cli.target import Target

STACK = "FlightDelay"
MODEL = "flight-delay"
EVENT_SECONDS = 60.0
_MOST_EXECUTIONS = 100


def workflow(chosen: Target, name: str) -> StateMachine:
    """The machine of one of the stack's workflows."""
    return machines.choose(machines.all_machines(chosen, stack=STACK), f"{MODEL}-{name}")


def run(out: Console, chosen: Target, name: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Runs a workflow of the stack and shows it; returns its output.

    Raises:
        CommandError: it failed.
    """
    out.print(f"[bold]{MODEL}-{name}[/]")
    result = watched(out, chosen, start(chosen, name, given))
    if not result.succeeded:
        running.report(chosen, result, console=out)
        raise CommandError(f"{MODEL}-{name} failed: see `mdlc logs {result.arn.rpartition(':')[2]}`")
    output: dict[str, str] = json.loads(result.output)
    return output


def start(chosen: Target, name: str, given: Mapping[str, Any]) -> str:
    """Starts a workflow of the stack; returns the execution's ARN."""
    return running.start(chosen, workflow(chosen, name), json.dumps(given))


def watched(out: Console, chosen: Target, execution: str) -> Result:
    """Shows an execution until it ends."""
    result = running.follow(chosen, execution, console=out)
    seconds = ((result.timeline.ended or result.timeline.started) - result.timeline.started).total_seconds()
    how = json.loads(result.output)["outcome"] if result.succeeded else f"{result.status}: {result.error}"
    out.print(f"  {how} in {seconds:.1f} s, {len(result.timeline.visits)} states", markup=False)
    return result


def releases(chosen: Target) -> set[str]:
    """ARNs of the executions of the release workflow."""
    found = machines.executions(chosen, workflow(chosen, "release"), limit=_MOST_EXECUTIONS)
    return {execution.arn for execution in found}


def started_by_approval(chosen: Target, known: set[str]) -> str:
    """The release that is not among the known ones; an approval's event takes a moment.

    Raises:
        CommandError: there is none.
    """
    deadline = time.monotonic() + EVENT_SECONDS
    while not (new := releases(chosen) - known):
        if time.monotonic() > deadline:
            raise CommandError("no release was started by the approval: see `mdlc executions release`")
        time.sleep(0.1)
    return min(new)
