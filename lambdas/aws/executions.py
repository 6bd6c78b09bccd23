"""Looks up executions of state machines, and starts one under a name derived from its work."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mdlc_constructs.settings.payloads.codec import encode

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MAX_NAMES = 100
"""How often executions are started for one piece of work before `NamesSpent`."""

STOPPED_FOR_GOOD = ("Canceled", "StackDeleted", "Teardown")
"""Errors of StopExecution after which nothing restarts the work: by a person, a deleted stack, a teardown."""

GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Errors of SendTaskSuccess when no execution waits for the token any more."""


class NamesSpent(Exception):
    """Every execution that was started for a piece of work ended without finishing it."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """An execution as Step Functions describes it."""

    arn: str
    name: str
    status: str
    input: str = "{}"
    output: str = "{}"
    error: str = ""
    started_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def was_killed(self) -> bool:
        """Whether it was aborted or timed out, and its work may be restarted."""
        return self.status in ("ABORTED", "TIMED_OUT") and self.error not in STOPPED_FOR_GOOD


@dataclass(frozen=True, kw_only=True)
class NamedExecution:
    """The execution that does a piece of work, under a name derived from the work.

    Attributes:
        name: the execution's name.
        arn: the execution's ARN; it may not exist yet.
        begun: the execution, which runs or has succeeded; None when it is still to be started.
        first_input: the input of the work's first execution; None when there was none.
    """

    name: str
    arn: str
    begun: Execution | None
    first_input: str | None


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN of a machine's execution of a name."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def is_running(stepfunctions: "SFNClient", arn: str) -> bool:
    """Whether an execution runs. Reads no input or output, so that callers need no access to the KMS key."""
    try:
        answer = stepfunctions.describe_execution(executionArn=arn, includedData="METADATA_ONLY")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise
    return answer["status"] == "RUNNING"


def look_up(stepfunctions: "SFNClient", machine_arn: str, name: str) -> Execution | None:
    """The machine's execution of a name, with input and output, or None."""
    return describe(stepfunctions, execution_arn(machine_arn, name))


def describe(stepfunctions: "SFNClient", arn: str) -> Execution | None:
    """The execution of an ARN, with input and output, or None: Step Functions deletes it after 90 days."""
    try:
        answer = stepfunctions.describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return None
        raise
    return Execution(
        arn=arn,
        name=arn.rpartition(":")[2],
        status=answer["status"],
        input=answer.get("input") or "{}",
        output=answer.get("output") or "{}",
        error=answer.get("error") or "",
        started_at=answer.get("startDate"),
        stopped_at=answer.get("stopDate"),
    )


def latest(stepfunctions: "SFNClient", machine_arn: str, work: str) -> Execution | None:
    """The last execution that was started for a piece of work, or None."""
    last = None
    for name in names_of(work):
        execution = look_up(stepfunctions, machine_arn, name)
        if execution is None:
            break
        last = execution
    return last


def names_of(work: str) -> list[str]:
    """The execution names for a piece of work, in order of use: a name cannot be reused for 90 days."""
    return [work, *(f"{work}-{number}" for number in range(2, MAX_NAMES + 1))]


def execution_of(stepfunctions: "SFNClient", machine_arn: str, work: str) -> NamedExecution:
    """The execution of a piece of work, skipping those that failed or were stopped.

    Raises:
        NamesSpent: when no name is left.
    """
    first: str | None = None
    for name in names_of(work):
        execution = look_up(stepfunctions, machine_arn, name)
        if execution is not None and first is None:
            first = execution.input
        if execution is None or execution.status in ("RUNNING", "SUCCEEDED"):
            return NamedExecution(
                name=name, arn=execution_arn(machine_arn, name), begun=execution, first_input=first
            )
    raise NamesSpent(f"{work} was started {MAX_NAMES} times at {machine_arn} and never succeeded.")


def ensure_running(
    stepfunctions: "SFNClient",
    machine_arn: str,
    work: str,
    payload: Mapping[str, object],
    *,
    besides: str = "",
    after: datetime | None = None,
    starts: int | None = None,
) -> str:
    """The ARN of the execution that does a piece of work; started when none runs for it.

    Args:
        besides: ARN of an execution that is about to end and does not count as running.
        after: a running execution that was started before this time does not count either.
        starts: how often it may be started in all; None means `MAX_NAMES`.

    Raises:
        NamesSpent: when all these executions were started and none runs.
    """
    names = names_of(work)[:starts]
    for name in names:
        arn = execution_arn(machine_arn, name)
        if arn == besides or (after is not None and _runs_since_before(stepfunctions, arn, after)):
            continue
        try:
            # StartExecution is idempotent for the same name and input while the execution runs.
            stepfunctions.start_execution(
                stateMachineArn=machine_arn, name=name, input=json.dumps(payload, sort_keys=True)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            if not is_running(stepfunctions, arn):
                continue
        return arn
    raise NamesSpent(f"{work} was started {len(names)} times at {machine_arn} and never finished.")


def _runs_since_before(stepfunctions: "SFNClient", arn: str, moment: datetime) -> bool:
    execution = describe(stepfunctions, arn)
    return (
        execution is not None
        and execution.status == "RUNNING"
        and execution.started_at is not None
        and execution.started_at < moment
    )


def send_task_success(stepfunctions: "SFNClient", token: str, answer: object = None) -> bool:
    """End an execution's wait by its task token; returns False when no execution waits for it any more.

    Args:
        answer: a payload; None sends an empty object.
    """
    output = {} if answer is None else encode(answer)
    try:
        stepfunctions.send_task_success(taskToken=token, output=json.dumps(output))
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True
