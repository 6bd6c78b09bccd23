"""Tasks that wait for an event, by a task token in a DynamoDB item."""

from __future__ import annotations

from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.dynamodb import Item
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import use_key

TOKEN = "{% $states.context.Task.Token %}"
TOKEN_ATTRIBUTE = "task_token"


def wait_for_token(
    name: str,
    *,
    table_name: str,
    table_arn: str,
    key: Item,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that writes its task token to an item and waits until the token is sent back, or times out.

    The receiver of the event reads `task_token` from the item of that key and calls `SendTaskSuccess`. An
    event may be lost or arrive twice: catch `States.Timeout`, and check the status of the work in both cases.
    Raises ValueError without `timeout_seconds`: after a lost event it would wait until the machine ends.
    """
    if TOKEN_ATTRIBUTE in key:
        raise ValueError(
            f"key={dict(key)!r} holds {TOKEN_ATTRIBUTE!r}, where the token goes; name it otherwise."
        )
    if state.get("timeout_seconds") is None:
        raise ValueError(f"timeout_seconds=None of the task {name!r} waits for ever; say how long.")
    return integration(
        name,
        service="aws-sdk:dynamodb",
        action="putItem",
        pattern="waitForTaskToken",
        arguments={"TableName": table_name, "Item": {**key, TOKEN_ATTRIBUTE: {"S": TOKEN}}},
        statements=(
            Statement(actions=("dynamodb:PutItem",), resources=(table_arn,)),
            *use_key(kms_key_arn, "dynamodb"),
        ),
        **state,
    )
