"""Finds state machines, which are named ``<model>-<workflow>``, and their executions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mdlc_cli.aws import aws_errors, stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import advice
from mdlc_cli.output import progress, terminal

EXPRESS = "EXPRESS"
"""The type of state machines whose executions Step Functions does not list: it refuses the request."""


@dataclass(frozen=True, kw_only=True)
class StateMachine:
    """A state machine of the account."""

    name: str
    arn: str


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One execution of a state machine; its times are in UTC."""

    arn: str
    name: str
    machine: str
    status: str
    started: datetime
    stopped: datetime | None

    @property
    def whole_name(self) -> str:
        """The name that no other execution has, see `whole_name`."""
        return whole_name(self.arn)


def whole_name(arn: str) -> str:
    """`<machine>:<execution>` of an execution's ARN: a retraining gives its own name to what it starts."""
    return ":".join(arn.split(":")[-2:])


def all_machines(target: Target, *, stack: str | None = None) -> list[StateMachine]:
    """The state machines of the account, or only those of one stack, without Express ones."""
    pages = target.client("stepfunctions").get_paginator("list_state_machines").paginate()
    state_machines = [
        StateMachine(name=each["name"], arn=each["stateMachineArn"])
        for page in pages
        for each in page["stateMachines"]
        if each.get("type") != EXPRESS
    ]
    if stack is None:
        return state_machines
    stacks.deployed(target, stack)
    of_stack = stacks.machine_arns(target, stack)
    return [machine for machine in state_machines if machine.arn in of_stack]


def choose(machines: Iterable[StateMachine], workflow: str, *, model: str | None = None) -> StateMachine:
    """The machine named ``workflow``, or of the workflow ``workflow`` (such as ``training``).

    The beginning of a workflow's name is enough if it is unique (``batch`` for ``batch-inference``).

    Raises:
        CommandError: no machine or several match.
    """
    named = sorted(machines, key=lambda machine: machine.name)
    exact = [machine for machine in named if machine.name == workflow]
    if exact:
        return exact[0]
    candidates = named if model is None else of_model(named, model)
    # `monitoring` is not `batch-monitoring`, with whose name it ends.
    fitting = [machine for machine in candidates if advice.workflow_of(machine.name) == workflow]
    fitting = fitting or [machine for machine in candidates if machine.name.endswith(f"-{workflow}")]
    fitting = fitting or [machine for machine in candidates if f"-{workflow}" in machine.name]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(machine.name for machine in fitting)
        raise CommandError(
            f"workflow {workflow!r} fits {names}: give one of these names, or --model or --stack"
        )
    names = ", ".join(machine.name for machine in candidates)
    remedy = f"choose one of {names}" if names else "deploy a stack first, with `mdlc deploy`"
    raise CommandError(f"no state machine fits workflow {workflow!r}: {remedy}")


def of_model(machines: Iterable[StateMachine], model: str) -> list[StateMachine]:
    """The state machines of a model: those of the library by their whole name, others by its beginning."""
    library = {f"{model}-{workflow}" for workflow in advice.WORKFLOWS}
    return [
        machine
        for machine in machines
        # The workflows of a model `churn-price` are not those of `churn`.
        if machine.name in library
        or (not advice.workflow_of(machine.name) and machine.name.startswith(f"{model}-"))
    ]


def of_library(machines: Iterable[StateMachine]) -> list[StateMachine]:
    """The library's state machines, by their names, and others of their models; all without any."""
    listed = list(machines)
    models = {
        machine.name.removesuffix(f"-{workflow}")
        for machine in listed
        if (workflow := advice.workflow_of(machine.name))
    }
    return [
        machine for machine in listed if any(machine.name.startswith(f"{model}-") for model in models)
    ] or listed


def workflows(target: Target, model: str) -> set[str]:
    """The names of the workflows that a model has, such as ``release``."""
    names = (machine.name for machine in all_machines(target))
    return {name.removeprefix(f"{model}-") for name in names if name.startswith(f"{model}-")}


def described(target: Target, arn: str) -> Execution:
    """The execution with an ARN.

    Raises:
        CommandError: there is none.
    """
    from botocore.exceptions import ClientError

    try:
        each = target.client("stepfunctions").describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ExecutionDoesNotExist", "InvalidArn"):
            raise
        raise CommandError(
            f"no execution {arn} exists (any more, AWS keeps them for 90 days): see `mdlc executions`"
        ) from error
    _, machine, name = arn.rsplit(":", 2)
    return _execution(each, arn=arn, name=name, machine=machine)


def executions(target: Target, machine: StateMachine, *, limit: int) -> list[Execution]:
    """The newest executions of ``machine``, newest first."""
    client = target.client("stepfunctions")
    summaries = client.list_executions(stateMachineArn=machine.arn, maxResults=limit)["executions"]
    return [
        _execution(each, arn=each["executionArn"], name=each["name"], machine=machine.name)
        for each in summaries
    ]


def _execution(answer: Mapping[str, Any], *, arn: str, name: str, machine: str) -> Execution:
    """An execution from AWS's answer, whose times the SDK gives in this machine's zone."""
    stopped = answer.get("stopDate")
    return Execution(
        arn=arn,
        name=name,
        machine=machine,
        status=answer["status"],
        started=answer["startDate"].astimezone(UTC),
        stopped=stopped.astimezone(UTC) if stopped else None,
    )


def newest(target: Target, machines: Iterable[StateMachine], *, limit: int) -> list[Execution]:
    """The newest executions of several machines together, newest first.

    A machine whose executions may not be listed is left out with a remark, unless that goes for all.
    """
    from botocore.exceptions import ClientError

    recent: list[Execution] = []
    refused: dict[str, ClientError] = {}
    listed = list(machines)
    for machine in listed:
        try:
            recent += executions(target, machine, limit=limit)
        except ClientError as error:
            if not aws_errors.is_denied(error):
                raise
            refused[machine.name] = error
    if refused and len(refused) == len(listed):
        raise next(iter(refused.values()))
    if refused:
        text = f"Left out {', '.join(refused)}: states:ListExecutions is not allowed there."
        progress.stderr_console().print(terminal.line(text))
    return sorted(recent, key=lambda execution: execution.started, reverse=True)[:limit]
