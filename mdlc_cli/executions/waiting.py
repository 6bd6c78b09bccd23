"""What waits: versions and retrainings for a person's decision, and the commands that end the wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import advice
from mdlc_cli.executions.machines import StateMachine
from mdlc_client import approvals, lineage, registered
from mdlc_client.audit import MODEL_PREFIX, Item

RUNNING = "RUNNING"
PENDING_OUTCOME = "PendingApproval"


def approve_command(model: str, version: int | str) -> str:
    """The command that approves a version."""
    return f"mdlc approve {version} --model {model}"


def versions(target: Target, model: str, items: Iterable[Item]) -> list[int]:
    """The versions that passed the gate and that a person must decide on, oldest first.

    Asks the registry only when a training of the model has ever ended so.
    """
    ended = {
        lineage.version_of(item)
        for item in lineage.executions(items, lineage.TRAINING)
        if item.get("outcome") == PENDING_OUTCOME
    }
    if not ended:
        return []
    listed = registered.arns(target, model, status=approvals.PENDING)
    numbers = (lineage.version_of({"package_arn": arn}) for arn in listed)
    return sorted(number for number in numbers if number is not None and number in ended)


def sentence(model: str, version: int) -> str:
    """A sentence that a version waits, with the command that ends it."""
    return f"Version {version} of {model} waits for a person: `{approve_command(model, version)}`."


def sentences(target: Target, items: Sequence[Item]) -> list[str]:
    """A sentence for each version that waits, of all models that have items."""
    by_model: dict[str, list[Item]] = {}
    for item in items:
        by_model.setdefault(str(item["pk"]).removeprefix(MODEL_PREFIX), []).append(item)
    return [
        sentence(model, number)
        for model, own in sorted(by_model.items())
        for number in versions(target, model, own)
    ]


def meaning(target: Target, workflow: str, outcome: str, package_arn: str = "") -> str:
    """Like `advice.meaning`, which asks for a decision, unless the registry says that it was made since.

    Where the registry may not be read, it asks all the same.
    """
    question = advice.meaning(workflow, outcome, package_arn)
    if outcome != PENDING_OUTCOME or not package_arn:
        return question
    from botocore.exceptions import ClientError

    try:
        status = str(registered.describe(target, package_arn).get("status", ""))
    except ClientError as error:
        if not aws_errors.is_denied(error):
            raise
        return question
    if status == approvals.PENDING:
        return question
    number = lineage.version_of({"package_arn": package_arn})
    now = status.lower() or "not in the registry any more"
    return f"{outcome}: it waited for a person, and version {number} is {now}."


def retraining(target: Target, machine: StateMachine, items: Sequence[Item], package_arn: str) -> str | None:
    """The name of the retraining that waits for a decision on a version, or None.

    Args:
        target: the AWS.
        machine: the model's retraining machine.
        items: the model's audit items.
        package_arn: the version's package.
    """
    names = {
        str(item["sk"]).removeprefix(approvals.WAITING_PREFIX)
        for item in items
        if str(item["sk"]).startswith(approvals.WAITING_PREFIX) and item.get("package_arn") == package_arn
    }
    if not names:
        return None
    pages = (
        target.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=machine.arn, statusFilter=RUNNING)
    )
    running = (str(execution["name"]) for page in pages for execution in page["executions"])
    return next((name for name in running if name in names), None)
