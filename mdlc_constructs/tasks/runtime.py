"""Tasks that invoke an endpoint."""

from __future__ import annotations

from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import endpoint_arn
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.requests import present


def invoke_endpoint(
    name: str,
    *,
    endpoint_name: str,
    body: object,
    content_type: str = "text/csv",
    accept: str | None = None,
    variant: str | None = None,
    inference_id: str | None = None,
    name_pattern: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that invokes an endpoint; its result has the response (at most 256 KiB) as `Body`.

    `variant` chooses the variant (`TargetVariant`); `inference_id` is recorded in the captured data.
    `name_pattern` is the pattern of names for the permission; it is required when `endpoint_name` is a
    JSONata expression.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """
    request = {
        "EndpointName": endpoint_name,
        "Body": body,
        "ContentType": content_type,
        "Accept": accept,
        "TargetVariant": variant,
        "InferenceId": inference_id,
    }
    endpoint = endpoint_arn(pattern_of("endpoint_name", endpoint_name, name_pattern))
    return integration(
        name,
        service="aws-sdk:sagemakerruntime",
        action="invokeEndpoint",
        arguments=present(request),
        statements=(Statement(actions=("sagemaker:InvokeEndpoint",), resources=(endpoint,)),),
        **state,
    )
