"""Tasks that run executions of other state machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.tasks.requests import is_expression, present

MANAGED_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
TAKEN = "StepFunctions.ExecutionAlreadyExistsException"
"""The error when a closed execution has the name already, or a running one with another input."""


def machine_arn(name: str) -> str:
    """The ARN of a state machine in the stack's own partition, region and account."""
    return arn("states", f"stateMachine:{name}")


def use_machines_key(key_arn: str, of_machine: str) -> Statement:
    """The permission to decrypt a machine's data, which starting and describing its executions needs.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html

    Args:
        of_machine: the machine's ARN.
    """
    return Statement(
        actions=("kms:Decrypt",),
        resources=(key_arn,),
        conditions={"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": of_machine}},
    )


def start_execution(
    name: str,
    *,
    machine: str,
    input: Mapping[str, object] | str,
    execution_name: str | None = None,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that starts an execution of another machine and does not wait for its end.

    When a closed execution has the name, or a running one with another input, the task fails with `TAKEN`.

    Args:
        machine: the other machine's name, in the same account and region.
        kms_key_arn: the key that encrypts the other machine.
    """
    other, own_key = _other_machine(machine, kms_key_arn)
    return integration(
        name,
        service="states",
        action="startExecution",
        arguments=present({"StateMachineArn": other, "Name": execution_name, "Input": input}),
        statements=(Statement(actions=("states:StartExecution",), resources=(other,)), *own_key),
        **state,
    )


def _other_machine(machine: str, kms_key_arn: str | None) -> tuple[str, tuple[Statement, ...]]:
    """The ARN of the machine to start, and the permission to use its key if it has one."""
    if is_expression(machine):
        raise ValueError(
            f"machine={machine!r} is known only at run time; name the machine to be allowed to start it."
        )
    other = machine_arn(machine)
    return other, () if kms_key_arn is None else (use_machines_key(kms_key_arn, other),)


def run_execution(
    name: str,
    *,
    machine: str,
    input: Mapping[str, object] | str,
    execution_name: str | None = None,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that starts an execution of another machine and waits for its end.

    The result is the response of DescribeExecution, with `Output` as JSON. When the execution fails, is
    stopped or times out, the task fails with `States.TaskFailed`, and the cause is that response as text.
    When an execution with the same name and input is running, the task waits for it; when another execution
    has the name, it fails with `TAKEN`. When the task is stopped or times out, the execution is stopped, too.

    Source of the permissions: https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html

    Args:
        machine: the other machine's name, in the same account and region.
        kms_key_arn: the key that encrypts the other machine.
    """
    other, own_key = _other_machine(machine, kms_key_arn)
    return integration(
        name,
        service="states",
        action="startExecution",
        pattern="sync:2",
        arguments=present({"StateMachineArn": other, "Name": execution_name, "Input": input}),
        statements=(
            Statement(actions=("states:StartExecution",), resources=(other,)),
            Statement(
                actions=("states:DescribeExecution", "states:StopExecution"),
                resources=(arn("states", f"execution:{machine}:*"),),
            ),
            Statement(
                actions=("events:PutTargets", "events:PutRule", "events:DescribeRule"),
                resources=(arn("events", f"rule/{MANAGED_RULE}"),),
            ),
            *own_key,
        ),
        **state,
    )
