"""Stop what a model's state machines still run, so that the machines can be deleted.

Step Functions deletes a machine only when all its executions are completed, and an execution that waits for
a job makes no step until the job ends.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def stop_executions(states: "SFNClient", machine_arn: str) -> list[str]:
    """Stop every running execution of a machine.

    Args:
        states: a client of Step Functions.
        machine_arn: the machine; that it is gone already is no error.

    Returns:
        One line for each execution stopped.
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
