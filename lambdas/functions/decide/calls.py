"""The AWS calls of a decision, as plain functions over persistent connections.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html and
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html. Tests compare the requests with botocore's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from lambdas.aws.connection import DYNAMODB, LAMBDA, SAGEMAKER_RUNTIME, Response, TooLate, connection
from lambdas.planning.items import Item

TIMEOUT = "Timeout"
NOT_REACHED = "NotReached"
CONDITION_FAILED = "ConditionalCheckFailedException"


class CallFailed(Exception):
    """A service refused a call. `name` is the error's name as the service spells it."""

    def __init__(
        self, name: str, message: str, *, status: int = 0, answer: Mapping[str, object] | None = None
    ):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status
        self.answer = answer or {}


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """The endpoint's answer, and the production variant that gave it."""

    body: str
    variant: str | None


def get_item(table: str, key: Item, *, seconds: float, consistent: bool = False) -> Item | None:
    """An item, or None when there is none.

    Raises:
        CallFailed: when DynamoDB refuses or cannot be reached; with the name `TIMEOUT` when it is late.
    """
    request = {"TableName": table, "Key": key, "ConsistentRead": consistent}
    return _item(_dynamodb("GetItem", request, seconds))


def put_new(table: str, key: str, item: Item, *, seconds: float) -> Item | None:
    """Write an item unless its key exists; returns the existing item, or None when it was written.

    Raises:
        CallFailed: as `get_item` does.
    """
    request = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": key},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    try:
        _dynamodb("PutItem", request, seconds)
    except CallFailed as failed:
        if failed.name != CONDITION_FAILED:
            raise
        return _item(failed.answer) or get_item(table, {key: item[key]}, seconds=seconds, consistent=True)
    return None


def set_value(
    table: str,
    key: Item,
    name: str,
    value: Mapping[str, object],
    *,
    unless: Mapping[str, object],
    seconds: float,
) -> bool:
    """Set one attribute of an item unless it has the value `unless`; returns whether it was set.

    Raises:
        CallFailed: as `get_item` does.
    """
    request = {
        "TableName": table,
        "Key": key,
        "UpdateExpression": "SET #name = :value",
        "ConditionExpression": "#name <> :unless",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": {":value": value, ":unless": unless},
    }
    try:
        _dynamodb("UpdateItem", request, seconds)
    except CallFailed as failed:
        if failed.name != CONDITION_FAILED:
            raise
        return False
    return True


def invoke_endpoint(
    endpoint: str, body: str, *, inference_id: str, seconds: float, variant: str | None = None
) -> EndpointAnswer:
    """The endpoint's answer to one line of JSON.

    Args:
        variant: the production variant to call (`TargetVariant`); None lets the endpoint choose.

    Raises:
        CallFailed: when SageMaker or the container refuses (`ModelError`), or cannot be reached.
    """
    headers = {
        "content-type": "application/jsonlines",
        "accept": "application/jsonlines",
        "x-amzn-sagemaker-inference-id": inference_id,
    }
    if variant is not None:
        headers["x-amzn-sagemaker-target-variant"] = variant
    path = f"/endpoints/{quote(endpoint, safe='')}/invocations"
    try:
        answer = connection(SAGEMAKER_RUNTIME).call("POST", path, headers, body.encode(), seconds=seconds)
    except ConnectionError as error:
        raise _unreached(error) from error
    if answer.status != 200:
        raise _refusal(answer)
    return EndpointAnswer(
        answer.body.decode(errors="replace"), answer.headers.get("x-amzn-invoked-production-variant")
    )


def invoke_function(arn: str, payload: Mapping[str, object], *, waits: bool, seconds: float) -> None:
    """Invoke a function, synchronously if `waits`, or else asynchronously through Lambda's queue.

    Raises:
        CallFailed: when Lambda refuses, cannot be reached, or the function failed (`FunctionError`).
    """
    headers = {
        "content-type": "application/json",
        "x-amz-invocation-type": "RequestResponse" if waits else "Event",
    }
    path = f"/2015-03-31/functions/{quote(arn, safe='')}/invocations"
    body = json.dumps(payload).encode()
    try:
        answer = connection(LAMBDA).call("POST", path, headers, body, seconds=seconds)
    except ConnectionError as error:
        raise _unreached(error) from error
    if answer.status >= 300:
        raise _refusal(answer)
    if "x-amz-function-error" in answer.headers:
        raise CallFailed("FunctionError", answer.body.decode(errors="replace")[:500], status=answer.status)


def _dynamodb(operation: str, request: Mapping[str, object], seconds: float) -> Mapping[str, object]:
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    body = json.dumps(request).encode()
    try:
        answer = connection(DYNAMODB).call("POST", "/", headers, body, seconds=seconds)
    except ConnectionError as error:
        raise _unreached(error) from error
    if answer.status != 200:
        raise _refusal(answer)
    content: Mapping[str, object] = json.loads(answer.body)
    return content


def _item(answer: Mapping[str, object]) -> Item | None:
    item = answer.get("Item")
    return cast("Item", item) if item else None


def _unreached(error: ConnectionError) -> CallFailed:
    return CallFailed(TIMEOUT if isinstance(error, TooLate) else NOT_REACHED, str(error))


def _refusal(answer: Response) -> CallFailed:
    """The service's error; its name is in a header or in the body, depending on the protocol."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        content = {}
    if not isinstance(content, dict):
        content = {}
    code = answer.headers.get("x-amzn-errortype") or content.get("__type") or content.get("code") or ""
    name = str(code).partition(":")[0].rpartition("#")[2] or f"HTTP{answer.status}"
    message = content.get("message") or content.get("Message") or ""
    return CallFailed(name, str(message), status=answer.status, answer=content)
