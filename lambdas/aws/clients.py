"""AWS clients, created at the first call and kept for the life of the function's process."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient


class AutoScalingClient(Protocol):
    """As much of Application Auto Scaling as is used."""

    def describe_scalable_targets(
        self, *, ServiceNamespace: str, ResourceIds: list[str]
    ) -> dict[str, list[dict[str, str]]]:
        """The targets that are registered, under `ScalableTargets`."""

    def deregister_scalable_target(
        self, *, ServiceNamespace: str, ResourceId: str, ScalableDimension: str
    ) -> object:
        """End the scaling of a target."""


class CloudWatchClient(Protocol):
    """As much of CloudWatch as is used."""

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, object]]) -> object:
        """Write data points."""

    def get_metric_statistics(self, **request: object) -> dict[str, list[dict[str, float]]]:
        """Statistics, under `Datapoints`."""


@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["sagemaker"]) -> "SageMakerClient": ...
@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["stepfunctions"]) -> "SFNClient": ...
@overload
def client(service: Literal["events"]) -> "EventBridgeClient": ...
@overload
def client(service: Literal["application-autoscaling"]) -> AutoScalingClient: ...
@overload
def client(service: Literal["cloudwatch"]) -> CloudWatchClient: ...
def client(service: str) -> object:
    """The client of an AWS service in the function's own region.

    Throttling is retried here, so that a busy account costs a moment and not a failed execution.
    """
    return _client(service)


@cache
def _client(service: str) -> object:
    connect: Any = boto3.client  # its overloads know service names only as literals
    return connect(service, config=Config(retries={"mode": "adaptive", "max_attempts": 8}))
