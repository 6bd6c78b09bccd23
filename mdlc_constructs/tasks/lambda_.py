"""Tasks that call Lambda functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.callback import TOKEN
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.requests import is_expression, present


def invoke(
    name: str,
    *,
    function_arn: str,
    payload: Mapping[str, object] | str | None = None,
    qualifier: str | None = None,
    queued: bool = False,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that calls a function and waits for its result.

    The task's output is the function's result, unless `output` is set. When the function raises an error, the
    error name is its class. `qualifier` is a version or an alias. With `queued` the function is invoked
    asynchronously: Lambda retries a call that fails, and the task does not wait and has no result.
    """
    if is_expression(function_arn):
        raise ValueError(
            f"function_arn={function_arn!r} is known only at run time; "
            "name the function to be allowed to call it."
        )
    if "output" not in state:
        state["output"] = {} if queued else "{% $states.result.Payload %}"
    request = {
        "FunctionName": function_arn,
        "Payload": payload,
        "Qualifier": qualifier,
        "InvocationType": "Event" if queued else None,
    }
    allowed = function_arn if qualifier is None else f"{function_arn}:{qualifier}"
    return integration(
        name,
        service="lambda",
        action="invoke",
        arguments=present(request),
        statements=(Statement(actions=("lambda:InvokeFunction",), resources=(allowed,)),),
        **state,
    )


def invoke_for_token(
    name: str, *, function_arn: str, payload: Mapping[str, object], **state: Unpack[StateOptions]
) -> Task:
    """A task that calls a function with a task token and waits until the token is sent back.

    The payload's member `token` holds the token; the task's output is the output of `SendTaskSuccess`. When
    the function raises an error, the task fails. Raises ValueError without `timeout_seconds`: with a lost
    token the task would wait until the machine ends.
    """
    if is_expression(function_arn):
        raise ValueError(
            f"function_arn={function_arn!r} is known only at run time; "
            "name the function to be allowed to call it."
        )
    if "token" in payload:
        raise ValueError(
            f"payload of the task {name!r} holds 'token', where the token goes; name it otherwise."
        )
    if state.get("timeout_seconds") is None:
        raise ValueError(f"timeout_seconds=None of the task {name!r} waits for ever; say how long.")
    return integration(
        name,
        service="lambda",
        action="invoke",
        pattern="waitForTaskToken",
        arguments={"FunctionName": function_arn, "Payload": {**payload, "token": TOKEN}},
        statements=(Statement(actions=("lambda:InvokeFunction",), resources=(function_arn,)),),
        **state,
    )
