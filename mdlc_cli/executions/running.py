"""Starts a workflow, shows its progress and reports how it ended."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import advice, failure_causes, job_logs, waiting, watch
from mdlc_cli.executions.advice import Failure
from mdlc_cli.executions.failure_causes import explained
from mdlc_cli.executions.history import Timeline, flattened, timeline
from mdlc_cli.executions.machines import StateMachine, whole_name
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import line
from mdlc_client.audit import parsed
from mdlc_constructs.settings.strict_json import read_json

SHOWN_LOG_LINES = 30
_LENGTH = re.compile("(?P<count>[0-9]{1,6})(?P<unit>[mhd])")
_LOOKS, _LOOK_SECONDS = 50, 0.1
"""How often, and how many seconds apart, an execution is described whose history already shows its end."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, kw_only=True)
class Result:
    """How an execution ended. ``output`` is its output as JSON text; empty after a failure."""

    arn: str
    status: str
    output: str
    error: str
    cause: str
    timeline: Timeline

    @property
    def machine(self) -> str:
        """The machine's name."""
        return self.arn.split(":")[-2] if ":" in self.arn else ""

    @property
    def outcome(self) -> str:
        """The `outcome` in the machine's output, such as Refused; empty without one."""
        return dict(flattened(self.output)).get("outcome", "")

    @property
    def content(self) -> dict[str, Any]:
        """The machine's output as an object; empty after a failure and for another kind of output."""
        output = parsed(self.output)
        return output if isinstance(output, dict) else {}

    @property
    def failure(self) -> Failure:
        """Why it failed, and what to do next."""
        first = self.timeline.first_failure
        job = first.job.name if first is not None and first.job is not None else ""
        return advice.failure(self.arn, self.error or self.status, self.cause, job=job)

    @property
    def succeeded(self) -> bool:
        """Whether the execution succeeded; the gate may still have rejected the model."""
        return self.status == "SUCCEEDED"

    @property
    def waits(self) -> bool:
        """Whether it still runs, because a person has to decide about a version."""
        return self.status == "RUNNING"

    @property
    def failed(self) -> bool:
        """Whether it has ended and did not succeed."""
        return not self.succeeded and not self.waits


def read_input(text: str | None) -> str:
    """The execution's input as JSON text, from ``{...}``, ``@file`` or ``@-`` (standard input).

    Raises:
        CommandError: the file cannot be read, or the text is not a JSON object.
    """
    if text is None:
        return "{}"
    document = text
    if text.startswith("@"):
        try:
            document = sys.stdin.read() if text == "@-" else Path(text[1:]).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(
                f"--input {text} cannot be read ({error.strerror}): give a file's path"
            ) from error
        except UnicodeDecodeError as error:
            raise CommandError(
                f"--input {text} cannot be read (it is not UTF-8): give JSON in UTF-8"
            ) from error
    try:
        content = read_json(document)
    except ValueError as error:
        raise CommandError(
            f'--input {text!r} is not JSON ({error}): quote it as \'{{"reason": "..."}}\''
        ) from error
    if not isinstance(content, dict):
        raise CommandError(f"--input is {document!r}: give a JSON object such as {{}}")
    return json.dumps(content)


def with_last(text: str, last: str, now: datetime) -> str:
    """A monitoring's input with the window of the last time, up to now, in whole seconds.

    Args:
        text: the execution's input as JSON.
        last: the length of the window, such as ``45m``, ``6h`` or ``2d``.
        now: the present moment.

    Raises:
        CommandError: ``last`` is no length, or the input names a window too.
    """
    match = _LENGTH.fullmatch(last)
    if match is None or int(match["count"]) == 0:
        raise CommandError(f"--last {last} is no length of time: give one such as 45m, 6h or 2d")
    content = json.loads(text)
    if "window" in content:
        raise CommandError(f"--last {last} and the window in --input contradict each other: leave one out")
    end = now.astimezone(UTC).replace(microsecond=0)
    start = end - timedelta(**{_UNITS[match["unit"]]: int(match["count"])})
    window = {"start": start.isoformat(), "end": end.isoformat()}
    return json.dumps({**content, "window": window})


def start(target: Target, machine: StateMachine, text: str) -> str:
    """Starts an execution of ``machine`` with a JSON input and prints its name; returns its ARN."""
    answer = target.client("stepfunctions").start_execution(stateMachineArn=machine.arn, input=text)
    execution = str(answer["executionArn"])
    message = f"{machine.name}: execution {execution.rpartition(':')[2]}"
    progress.stderr_console().print(message, markup=False)
    return execution


def follow(target: Target, execution: str, *, console: Console) -> Result:
    """Shows the execution's progress until it ends; returns how it ended."""
    return _result(target, execution, watch.follow(target, execution, console=console))


def ended(target: Target, execution: str) -> Result:
    """How an execution ended that does not run any more.

    Raises:
        CommandError: it has just begun, and has no event yet.
    """
    seen = timeline(watch.events(target.client("stepfunctions"), execution))
    if seen is None:
        raise CommandError(f"{execution} has just begun: try again")
    return _result(target, execution, seen)


def _result(target: Target, execution: str, seen: Timeline) -> Result:
    client = target.client("stepfunctions")
    described = client.describe_execution(executionArn=execution)
    # The history may show the end before the description has the output.
    for _ in range(_LOOKS):
        if described.get("status") != "RUNNING" or seen.ended is None:
            break
        time.sleep(_LOOK_SECONDS)
        described = client.describe_execution(executionArn=execution)
    return Result(
        arn=execution,
        status=seen.status,
        output=described.get("output") or "",
        error=described.get("error") or seen.error,
        cause=described.get("cause") or seen.cause,
        timeline=seen,
    )


def to_the_end(
    target: Target, execution: str, *, what: str = "the execution", as_json: bool = False
) -> Result:
    """Shows an execution's progress until it ends or waits for a person, then its outcome.

    Args:
        target: the AWS that it runs in.
        execution: its ARN.
        what: a noun for the execution, for the message on Ctrl-C.
        as_json: whether the caller prints the outcome, as JSON.

    Raises:
        Exit: with status 130 after Ctrl-C, and with 0 when it waits for a person and no JSON is wanted; the
            execution continues.
    """
    console = progress.stderr_console()
    try:
        result = follow(target, execution, console=console)
    except KeyboardInterrupt:
        name = whole_name(execution)
        console.print(line(f"No longer watching; {what} goes on. Follow it again with `mdlc watch {name}`."))
        raise typer.Exit(130) from None
    if result.waits and not as_json:
        name = whole_name(execution)
        out = progress.results_console()
        out.print(
            line(f"It goes on after the decision: follow it then with `mdlc watch {name}`."), soft_wrap=True
        )
        raise typer.Exit(0)
    if not as_json:
        report(target, result, console=progress.results_console())
    return result


def report(target: Target, result: Result, *, console: Console) -> None:
    """Prints the machine's output, or after a failure the first error and the job's last log lines."""
    ended = result.timeline.ended or result.timeline.started
    seconds = (ended - result.timeline.started).total_seconds()
    states = len(result.timeline.visits)
    if result.succeeded:
        console.print(line((result.status, "green"), f" in {seconds:.1f} s, {states} states entered"))
        table = progress.table("", "")
        table.show_header = False
        for name, value in flattened(result.output):
            if value:
                table.add_row(name, spelt(value))
        console.print(table)
        package_arn = dict(flattened(result.output)).get("package_arn", "")
        workflow = advice.workflow_of(result.machine)
        if message := waiting.meaning(target, workflow, result.outcome, package_arn):
            console.print(message, markup=False)
        return
    console.print(line((result.status, "red"), f" after {seconds:.1f} s, {states} states entered"))
    ended_by = result.failure
    console.print(ended_by.why, markup=False)
    failure = result.timeline.first_failure
    if failure is not None and explained(failure.cause) != explained(result.cause):
        first = failure_causes.sentence(failure.error, failure.cause)
        console.print(f"{failure.state} was first to fail: {first}", markup=False)
    job = failure.job if failure is not None else None
    lines = job_logs.lines(target, job, limit=SHOWN_LOG_LINES) if job else []
    if failure and job and lines:
        message = f"\nThe last lines of {job.name}, which {failure.state} started:"
        console.print(line((message, "bold")))
    for logged in lines:
        console.print(line(f"  {logged}"))
    console.print(f"Next: {ended_by.following}.", markup=False)


def spelt(value: str) -> str:
    """A value of the output as text; one that is JSON is written as words."""
    content = parsed(value) if value[:1] in ("{", "[") else None
    if isinstance(content, dict):
        return ", ".join(f"{name} {each}" for name, each in content.items())
    return "; ".join(map(str, content)) if isinstance(content, list) else value
