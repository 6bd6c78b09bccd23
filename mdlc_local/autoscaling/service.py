"""Application Auto Scaling's HTTP API: finds the operation, validates and authorizes it, and answers."""

import functools
import importlib
import json
from collections.abc import Callable
from typing import Any

import botocore.session

from mdlc_local.autoscaling import policies, schedules, store, targets
from mdlc_local.autoscaling.permissions import check
from mdlc_local.sagemaker import host, model, validation
from mdlc_local.sagemaker.faults import SageMakerApiError
from mdlc_local.sagemaker.records import Scope

TARGET_PREFIX = "AnyScaleFrontendService."

Operation = Callable[[dict[str, Any], Scope], dict[str, Any]]

OPERATIONS: dict[str, Operation] = {
    "RegisterScalableTarget": targets.register,
    "DeregisterScalableTarget": targets.deregister,
    "DescribeScalableTargets": targets.describe,
    "DescribeScalingActivities": targets.activities,
    "PutScalingPolicy": policies.put,
    "DeleteScalingPolicy": policies.delete,
    "DescribeScalingPolicies": policies.describe,
    "PutScheduledAction": schedules.put,
    "DeleteScheduledAction": schedules.delete,
    "DescribeScheduledActions": schedules.describe,
}


@functools.cache
def service_model() -> Any:
    """Botocore's service model of Application Auto Scaling."""
    return botocore.session.get_session().get_service_model("application-autoscaling")


def call(name: str, request: dict[str, Any], scope: Scope, key: str | None) -> dict[str, Any]:
    """Run one operation.

    Args:
        name: the operation, for example ``RegisterScalableTarget``.
        request: its input.
        scope: account and region.
        key: the caller's access key, whose permissions are checked; None for calls by the server itself.

    Raises:
        SageMakerApiError: any error of the operation.
    """
    if name not in service_model().operation_names:
        raise SageMakerApiError(
            "UnknownOperationException", f"Application Auto Scaling has no operation {name}"
        )
    run = OPERATIONS.get(name)
    if run is None:
        raise SageMakerApiError(
            "InvalidAction", f"{name} is not in the embedded AWS, which has {', '.join(OPERATIONS)}"
        )
    shapes = service_model().operation_model(name)
    request = {field: value for field, value in request.items() if value is not None}
    validation.check(shapes.input_shape, request)
    if key is not None:
        check(name, request, scope, key)
    shown: dict[str, Any] = model.outward(shapes.output_shape, run(request, scope))
    return shown


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    """The answer to one HTTP request, with the parameters of ministack's handlers."""
    concurrency = importlib.import_module("ministack.core.concurrency")
    answer: tuple[int, dict[str, str], bytes] = await concurrency.run_reentrant(
        _answer, headers, body, query, thread_name="autoscaling"
    )
    return answer


def _answer(headers: dict[str, str], body: bytes, query: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    sent = {"Content-Type": "application/x-amz-json-1.1"}
    try:
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            raise SageMakerApiError("SerializationException", "the request is no JSON") from error
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        output = call(name, request, host.scope(), host.access_key(headers, query))
        return 200, sent, json.dumps(output).encode()
    except SageMakerApiError as fault:
        return 400, sent, json.dumps({"__type": fault.code, "message": fault.message}).encode()


def get_state() -> None:
    """The state to persist between server processes, which ministack asks for: none."""


def load_persisted_state(_: Any) -> None:
    """Does nothing, because no state is persisted."""


def reset() -> None:
    """Remove all targets (ministack's reset)."""
    store.clear()
