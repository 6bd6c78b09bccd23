"""How executions ended: their outcome or error, its meaning, and the command to run next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mdlc_cli.aws.target import Target
from mdlc_cli.executions import advice, waiting
from mdlc_cli.executions.machines import Execution
from mdlc_client import audit
from mdlc_client.audit import Item

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"


@dataclass(frozen=True, kw_only=True)
class ExecutionOutcome:
    """How an execution ended.

    Attributes:
        outcome: the `outcome` in the machine's output, or the name of the first error.
        note: sentences on its meaning and what to do next; may be empty.
    """

    outcome: str = ""
    note: str = ""


def of(target: Target, execution: Execution, *, logs_shown: bool = False) -> ExecutionOutcome:
    """How an execution ended; empty while it runs.

    Args:
        target: the AWS that it ran in.
        execution: the execution.
        logs_shown: whether its logs were just printed.
    """
    if execution.status == RUNNING:
        return ExecutionOutcome()
    described = target.client("stepfunctions").describe_execution(executionArn=execution.arn)
    if execution.status == SUCCEEDED:
        output = audit.parsed(described.get("output"))
        output = output if isinstance(output, dict) else {}
        outcome, package_arn = str(output.get("outcome", "")), str(output.get("package_arn", ""))
        note = waiting.meaning(target, advice.workflow_of(execution.machine), outcome, package_arn)
        return ExecutionOutcome(outcome=outcome, note=note)
    error, cause = described.get("error") or execution.status, described.get("cause") or ""
    failed = advice.failure(execution.arn, error, cause, logs_shown=logs_shown)
    return ExecutionOutcome(outcome=failed.error, note=failed.sentence)


def of_item(target: Target, item: Item) -> ExecutionOutcome:
    """Like `of`, from an execution's audit item."""
    outcome = str(item.get("outcome", ""))
    if not item.get("error"):
        package_arn = str(item.get("package_arn", ""))
        note = waiting.meaning(target, str(item.get("workflow", "")), outcome, package_arn)
        return ExecutionOutcome(outcome=outcome, note=note)
    arn, cause = str(item.get("execution_arn", "")), str(item.get("cause", ""))
    failed = advice.failure(arn, str(item["error"]), cause)
    return ExecutionOutcome(outcome=outcome, note=failed.sentence)


def latest_notes(executions: Iterable[tuple[str, ExecutionOutcome]]) -> list[str]:
    """The notes on the newest execution of each machine, one line each.

    Args:
        executions: machine names and outcomes of executions, newest first.
    """
    latest: dict[str, ExecutionOutcome] = {}
    for machine, ending in executions:
        latest.setdefault(machine, ending)
    return [f"The last execution of {name}: {ending.note}" for name, ending in latest.items() if ending.note]
