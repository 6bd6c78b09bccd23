"""A task for any service call; all tasks of this package are built with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict, Unpack

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.failures import Catch, Retry, throttling_retry
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.requests import merged


class StateOptions(TypedDict, total=False):
    """The arguments of any task besides its request: see `mdlc_constructs.asl.states.Task`."""

    next: str | None
    comment: str
    output: object
    assign: Mapping[str, object] | None
    retry: tuple[Retry, ...]
    catch: tuple[Catch, ...]
    timeout_seconds: int | str | None
    heartbeat_seconds: int | str | None


Pattern = Literal["request", "sync", "sync:2", "waitForTaskToken"]
"""The service integration pattern: wait for the response, for the end of the job, or for the task token."""

_ERROR_PREFIXES: Mapping[str, str] = {
    "applicationautoscaling": "ApplicationAutoScaling",
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime",
    "dynamodb": "DynamoDB",
    "aws-sdk:dynamodb": "DynamoDb",
    "events": "EventBridge",
    "lambda": "Lambda",
    "s3": "S3",
    "states": "Sfn",
    "sfn": "Sfn",
}


def integration(
    name: str,
    *,
    service: str,
    action: str,
    arguments: Mapping[str, object],
    statements: tuple[Statement, ...],
    pattern: Pattern = "request",
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that calls `service:action`, such as `sagemaker:createModel` or `aws-sdk:s3:copyObject`.

    `overrides` are merged over `arguments`. They must be members of the API's request; another name raises
    ValueError with a suggestion. Without `retry`, the service's throttling is retried.
    """
    if overrides:
        arguments = merged(arguments, overrides)
    suffix = "" if pattern == "request" else f".{pattern}"
    resource = f"arn:${{Partition}}:states:::{service}:{action}{suffix}"
    if overrides:
        sentences = problems(resource, arguments)
        if sentences:
            raise ValueError(f"overrides of the task {name!r}: {' '.join(sentences)}")
    if "retry" not in state:
        known = _ERROR_PREFIXES.get(service) or _ERROR_PREFIXES.get(service.removeprefix("aws-sdk:"))
        if known is not None:
            state["retry"] = throttling_retry(known)
    return Task(name=name, resource=resource, arguments=arguments, statements=statements, **state)
