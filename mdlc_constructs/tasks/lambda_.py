"""Lambda functions: code that must run between two service calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
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
    """A task that calls a function and waits for its answer.

    The task's output is what the function returned, unless `output` says otherwise. An error that the
    function raises is named by its class. `qualifier` is a version or an alias. With `queued` the call is
    left to Lambda's own queue, which repeats it when it fails; the task waits for no answer, and there is
    none.
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
