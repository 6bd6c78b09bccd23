"""Size limits of requests and answers of Lambda functions and API Gateway.

Sources: "Lambda quotas", the API reference of Invoke, and "Amazon API Gateway quotas" by AWS.
"""

import importlib
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches
from mdlc_local.errors import LocalAwsError

MAX_SYNCHRONOUS_BYTES = 6 * 1024 * 1024
MAX_ASYNCHRONOUS_BYTES = 1024 * 1024
MAX_ANSWER_BYTES = MAX_SYNCHRONOUS_BYTES + 100
"""The limit in Lambda's error message; an answer may be slightly larger than a request."""
MAX_API_REQUEST_BYTES = 10 * 1024 * 1024

TOO_LONG = "Request Too Long"
"""API Gateway's message of a 413."""


class EventTooLargeError(LocalAwsError):
    """The event of an API request exceeds the size limit of a function's event."""


def install(app: ModuleType) -> None:
    """Reject invocations of functions whose event is too large."""
    app.SERVICE_HANDLERS["lambda"] = _limited(app.SERVICE_HANDLERS["lambda"])
    patches.take("ministack.services.apigateway_v1", "_gw_error", "response_type message")


def size(value: Any) -> int:
    """The size in bytes of a value as JSON."""
    return len(
        json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str).encode("utf-8", "replace")
    )


def answered(result: dict[str, Any]) -> dict[str, Any]:
    """A function's result, or Lambda's error when its answer is too large."""
    if result.get("error") or size(result.get("body")) <= MAX_ANSWER_BYTES:
        return result
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_ANSWER_BYTES} bytes)."
    error = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return {**result, "body": error, "error": True}


def check_event(event: dict[str, Any]) -> None:
    """Check the size of an API request's event for a function.

    Raises:
        EventTooLargeError: when it is too large.
    """
    if size(event) > MAX_SYNCHRONOUS_BYTES:
        raise EventTooLargeError(f"the event of the request has more than {MAX_SYNCHRONOUS_BYTES} bytes")


def too_long() -> Any:
    """API Gateway's answer to a request that is too large."""
    gateway = importlib.import_module("ministack.services.apigateway_v1")
    return gateway._gw_error("REQUEST_TOO_LARGE", TOO_LONG)


def _limited(handler: Callable[..., Any]) -> Callable[..., Any]:
    actions = importlib.import_module("ministack.core.iam_actions")
    responses = importlib.import_module("ministack.core.responses")

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if len(body or b"") > MAX_ASYNCHRONOUS_BYTES and (
            actions.extract_iam_action("lambda", method, path, headers, body, query)
            == "lambda:InvokeFunction"
        ):
            queued = headers.get("x-amz-invocation-type", "").lower() == "event"
            most = MAX_ASYNCHRONOUS_BYTES if queued else MAX_SYNCHRONOUS_BYTES
            if len(body) > most:
                message = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
                return responses.error_response_json("RequestEntityTooLargeException", message, 413)
        return await handler(method, path, headers, body, query)

    return handle
