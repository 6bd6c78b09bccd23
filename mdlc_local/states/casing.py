"""Converts member names and value types between state machines and service APIs.

A state machine writes member names in Pascal case even if the API does not, passes objects where the API
takes text, and receives text where the API returns bytes. The conversions use botocore's service models.
"""

import datetime
import json
import threading
import uuid
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)

from mdlc_local import patches

TASK = "moto.stepfunctions.parser.asl.component.state.exec.state_task"
TASK_SERVICE = f"{TASK}.service.state_task_service:StateTaskService"
SERVICE_NAMES = {
    "eventbridge": "events",
    "sagemakerruntime": "sagemaker-runtime",
    "cloudwatchlogs": "logs",
    "sagemakerfeaturestoreruntime": "sagemaker-featurestore-runtime",
    "applicationautoscaling": "application-autoscaling",
}
"""boto3's name of services that have another name in a state machine."""

_lock = threading.Lock()
_operations: dict[str, dict[str, Any]] = {}


def operation(service: str, action: str) -> Any | None:
    """Botocore's model of a service's operation (both by boto3's names), or None when there is none."""
    with _lock:
        if service not in _operations:
            model = botocore.session.get_session().get_service_model(service)
            _operations[service] = {
                xform_name(name): model.operation_model(name) for name in model.operation_names
            }
        return _operations[service].get(action)


def pascal(name: str) -> str:
    """A member's name in a state machine, by the AWS SDK for Java 2: leading capitals count as one word."""
    leading = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    # The last of several capitals starts the next word if a small letter follows: ETag, SsekmsKeyId.
    word = leading - 1 if leading < len(name) and name[leading].islower() else leading
    word = max(word, 1)
    return name[:1].upper() + name[1:word].lower() + name[word:]


def to_request(shape: Any, value: Any) -> Any:
    """A state machine's `value` converted for an API's `shape`."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        request = {}
        for key, member in value.items():
            if member is None:  # the AWS SDK for Java treats null as absent
                continue
            name = names.get(key.lower())
            request[name or key] = to_request(shape.members[name], member) if name else member
        return request
    if kind == "list" and isinstance(value, list):
        return [to_request(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: to_request(shape.value, item) for key, item in value.items()}
    if kind == "string" and value is not None and not isinstance(value, str):
        return _text(value)
    if kind == "blob" and not isinstance(value, bytes | bytearray):
        # A streamed blob (an S3 object's Body) becomes the value's JSON, so a text has quotes. Other blobs
        # become the text itself. AWS documents neither; only the former is known from recorded answers.
        streamed = shape.serialization.get("streaming")
        return (value if isinstance(value, str) and not streamed else _text(value)).encode()
    return value


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def from_response(shape: Any, value: Any) -> Any:
    """An API's answer of `shape` converted for a state machine: JSON data with Pascal case member names."""
    kind = shape.type_name
    if hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    if kind == "structure" and isinstance(value, dict):
        return {
            pascal(name): from_response(shape.members[name], member)
            for name, member in value.items()
            if name in shape.members
        }
    if kind == "list" and isinstance(value, list):
        return [from_response(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: from_response(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return value


def _refuse_nulls(model: Any, parameters: dict[str, Any]) -> None:
    """Raise DynamoDB's error for a required member that is null; other services have other messages."""
    if model.service_model.service_name != "dynamodb":
        return
    lowered = {name.lower(): value for name, value in parameters.items()}
    for name in model.input_shape.required_members:
        if name.lower() in lowered and lowered[name.lower()] is None:
            place = name[:1].lower() + name[1:]
            message = (
                f"1 validation error detected: Value null at '{place}' failed to satisfy constraint: "
                "Member must not be null"
            )
            answer: Any = {
                "Error": {"Code": "ValidationException", "Message": message},
                "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": str(uuid.uuid4())},
            }
            raise ClientError(answer, model.name)


class MockedResult(dict[str, Any]):
    """A task's result that TestState mocks: it is as machines see it, and of a ``.sync`` task the job's."""


def _normalise_parameters(
    self: Any,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    model = operation(
        self._get_boto_service_name(boto_service_name), self._get_boto_service_action(service_action_name)
    )
    if model is not None and model.input_shape is not None:
        _refuse_nulls(model, parameters)
        request = to_request(model.input_shape, parameters)
        parameters.clear()
        parameters.update(request)


def _normalise_response(
    self: Any,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    model = operation(
        self._get_boto_service_name(boto_service_name), self._get_boto_service_action(service_action_name)
    )
    if isinstance(response, MockedResult):
        return
    if model is not None and model.output_shape is not None and isinstance(response, dict):
        answer = from_response(model.output_shape, response)
        response.clear()
        response.update(answer)


def install() -> None:
    """Make moto's task states convert requests and answers by the service models."""
    StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.update(SERVICE_NAMES)
    more = "boto_service_name service_action_name"
    for attribute, first, replacement in (
        ("_normalise_parameters", "parameters", _normalise_parameters),
        ("_normalise_response", "response", _normalise_response),
    ):
        patches.take(TASK_SERVICE, attribute, f"self {first} {more}")
        patches.replace(TASK_SERVICE, attribute, replacement)
