"""Stops the running executions of a model's state machines, so that the machines can be deleted.

Step Functions deletes a machine only after all its executions have ended, and an execution that waits for a
job does not end before the job does.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def stop_executions(states: "SFNClient", machine_arn: str) -> list[str]:
    """Stop every running execution of a machine.

    Args:
        states: a client of Step Functions.
        machine_arn: ARN of the machine; one that does not exist is skipped.

    Returns:
        One line for each stopped execution.
    """
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=machine_arn, statusFilter="RUNNING"
    )
    stopped = []
    try:
        running = [execution["executionArn"] for page in pages for execution in page["executions"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "StateMachineDoesNotExist":
            raise
        return []
    for arn in running:
        try:
            states.stop_execution(
                executionArn=arn, error="StackDeleted", cause="The stack of this machine is being deleted."
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            continue  # it ended by itself between the listing and the call
        stopped.append(f"stop_execution {arn}")
    return stopped
