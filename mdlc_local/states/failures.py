"""Names and causes of service errors in optimized integrations of Step Functions.

An error that the operation declares keeps its name. All others (a missing permission, an invalid request)
have one general name per service, the exception class of the AWS SDK for Java, which Step Functions uses.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_events import (
    SfnFailedEntryCountException,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from mdlc_local import options, patches
from mdlc_local.states import casing

TASK = "moto.stepfunctions.parser.asl.component.state.exec.state_task.service"


_UNQUALIFIED = re.compile(r"^Function not found: \S+:function:[^:\s]+$")


@dataclass(frozen=True)
class Names:
    """A service's names in errors.

    Attributes:
        boto3: boto3's name of the service.
        prefix: the part of every error name before the dot.
        general: the name of errors that the operation does not declare.
        service: the service's name in the cause.
        suffix: the end of every declared error's name.
    """

    boto3: str
    prefix: str
    general: str
    service: str
    suffix: str = ""


SAGEMAKER = Names("sagemaker", "SageMaker", "AmazonSageMakerException", "AmazonSageMaker")
SERVICES = {
    "lambda:StateTaskServiceLambda": Names("lambda", "Lambda", "AWSLambdaException", "AWSLambda"),
    "dynamodb:StateTaskServiceDynamoDB": Names(
        "dynamodb", "DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"
    ),
    "events:StateTaskServiceEvents": Names(
        "events", "EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"
    ),
    "sqs:StateTaskServiceSqs": Names("sqs", "SQS", "AmazonSQSException", "AmazonSQS", suffix="Exception"),
    "sns:StateTaskServiceSns": Names("sns", "SNS", "AmazonSNSException", "AmazonSNS", suffix="Exception"),
    "sfn:StateTaskServiceSfn": Names(
        "stepfunctions", "StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions", suffix="Exception"
    ),
}
"""By moto's task state: the end of its module's name, and its class."""


def task_failed(task: Any, env: Any, error: str, cause: str) -> Any:
    """The failure event of moto's task state, with an error name that Retry and Catch can match."""
    reserved = error == StatesErrorNameType.StatesTaskFailed.to_name()
    name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed) if reserved else CustomErrorName(error)
    details = TaskFailedEventDetails(
        error=error,
        cause=cause,
        resource=task._get_sfn_resource(),
        resourceType=task._get_sfn_resource_type(),
    )
    return FailureEvent(
        env=env,
        error_name=name,
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(taskFailedEventDetails=details),
    )


def describe(names: Names, error: ClientError) -> tuple[str, str]:
    """The name and the cause of a service's error."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    model = casing.operation(names.boto3, xform_name(error.operation_name))
    declared = _declared(model) if model is not None else set()
    code = _sent(model, code)
    name = code.removesuffix(names.suffix) + names.suffix if code in declared else names.general
    metadata = error.response.get("ResponseMetadata", {})
    if names.boto3 == "lambda" and _UNQUALIFIED.search(message):
        message += ":$LATEST"  # the qualifier that Step Functions requests
    cause = (
        f"{message} (Service: {names.service}; Status Code: {metadata.get('HTTPStatusCode')}; "
        f"Error Code: {code}; Request ID: {metadata.get('RequestId')}; Proxy: null)"
    )
    return f"{names.prefix}.{name}", cause


def _sent(model: Any, code: str) -> str:
    """The error code that the service sends, which may differ from the name of the error's shape."""
    # In the query protocol, some codes have a namespace as prefix.
    code = code.rpartition(".")[2]
    shapes = {shape.name: shape for shape in model.error_shapes} if model is not None else {}
    return str(shapes[code].metadata.get("error", {}).get("code", code)) if code in shapes else code


def _declared(model: Any) -> set[str]:
    """The error codes that an operation declares, both by the shapes' names and as the service sends them."""
    sent = {str(shape.metadata.get("error", {}).get("code", shape.name)) for shape in model.error_shapes}
    return sent | {shape.name for shape in model.error_shapes}


def install() -> None:
    """Set the error names of moto's optimized integrations."""
    for place, names in SERVICES.items():
        module, _, kind = place.partition(":")
        owner = f"{TASK}.state_task_service_{module}:{kind}"
        patches.wrap(owner, "_from_error", "self env ex", _naming(names))
    patches.wrap(
        f"{TASK}.state_task_service_sqs:StateTaskServiceSqs",
        "_eval_service_task",
        "self env resource_runtime_part normalised_parameters state_credentials",
        _needing_an_address,
    )


def _naming(names: Names) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrapper(from_error: Callable[..., Any]) -> Callable[..., Any]:
        def named(self: Any, env: Any, ex: Exception) -> Any:
            if isinstance(ex, ClientError):
                return task_failed(self, env, *describe(names, ex))
            if isinstance(ex, SfnFailedEntryCountException):
                cause = json.dumps(ex.cause, separators=(",", ":"), ensure_ascii=False)
                return task_failed(self, env, "EventBridge.FailedEntry", cause)
            return from_error(self, env=env, ex=ex)

        return named

    return wrapper


def _needing_an_address(send: Callable[..., None]) -> Callable[..., None]:
    """Fail SQS tasks whose QueueUrl has another host, because SQS is called at that URL."""

    def sending(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> None:
        host = urlsplit(str(normalised_parameters.get("QueueUrl") or "")).hostname or ""
        if not (host.endswith(".amazonaws.com") or host in ("localhost", options.HOST)):
            cause = f"Unable to execute HTTP request: {host}: Name or service not known"
            raise FailureEventException(task_failed(self, env, "SQS.SdkClientException", cause))
        send(
            self,
            env=env,
            resource_runtime_part=resource_runtime_part,
            normalised_parameters=normalised_parameters,
            state_credentials=state_credentials,
        )

    return sending
