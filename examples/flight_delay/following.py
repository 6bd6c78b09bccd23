"""Starts a stack's workflows, or finds executions that an event started, and shows their progress."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import machines, running
from mdlc_cli.executions.machines import StateMachine
from mdlc_cli.executions.running import Result
from mdlc_cli.output.terminal import line

STACK = "FlightDelay"
MODEL = "flight-delay"
EVENT_SECONDS = 60.0
_MAX_EXECUTIONS = 100


@dataclass(frozen=True, kw_only=True)
class Team:
    """A stack and the model of its workflows."""

    stack: str
    model: str


FLIGHT_DELAY = Team(stack=STACK, model=MODEL)


def workflow(chosen: Target, name: str, team: Team = FLIGHT_DELAY) -> StateMachine:
    """The machine of one of the stack's workflows."""
    return machines.choose(machines.all_machines(chosen, stack=team.stack), f"{team.model}-{name}")


def run(
    out: Console, chosen: Target, name: str, arguments: Mapping[str, Any], team: Team = FLIGHT_DELAY
) -> dict[str, str]:
    """Run a workflow of the stack and show its progress; returns its output.

    Raises:
        CommandError: it failed.
    """
    out.print(line((f"{team.model}-{name}", "bold")))
    result = watched(out, chosen, start(chosen, name, arguments, team))
    if not result.succeeded:
        running.report(chosen, result, console=out)
        raise CommandError(f"{team.model}-{name} failed: see `mdlc logs {result.arn.rpartition(':')[2]}`")
    output: dict[str, str] = json.loads(result.output)
    return output


def start(chosen: Target, name: str, arguments: Mapping[str, Any], team: Team = FLIGHT_DELAY) -> str:
    """Start a workflow of the stack; returns the execution's ARN."""
    return running.start(chosen, workflow(chosen, name, team), json.dumps(arguments))


def watched(out: Console, chosen: Target, execution: str) -> Result:
    """Show an execution's progress until it ends; returns its result."""
    result = running.follow(chosen, execution, console=out)
    seconds = ((result.timeline.ended or result.timeline.started) - result.timeline.started).total_seconds()
    how = json.loads(result.output)["outcome"] if result.succeeded else f"{result.status}: {result.error}"
    out.print(f"  {how} in {seconds:.1f} s, {len(result.timeline.visits)} states", markup=False)
    return result


def executions(chosen: Target, name: str = "release", team: Team = FLIGHT_DELAY) -> set[str]:
    """ARNs of the executions of a workflow."""
    recent = machines.executions(chosen, workflow(chosen, name, team), limit=_MAX_EXECUTIONS)
    return {execution.arn for execution in recent}


def started_by_event(
    chosen: Target, known: set[str], name: str = "release", team: Team = FLIGHT_DELAY
) -> str:
    """The execution that is not among the known ones; waits for it, because events take a moment.

    Raises:
        CommandError: no execution was started in time.
    """
    deadline = time.monotonic() + EVENT_SECONDS
    while not (new := executions(chosen, name, team) - known):
        if time.monotonic() > deadline:
            raise CommandError(f"no {name} was started by the event: see `mdlc executions {name}`")
        time.sleep(0.1)
    return min(new)
