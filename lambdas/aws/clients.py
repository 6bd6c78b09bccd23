"""AWS clients, created at the first call and cached for the life of the function's process."""

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
    """The used part of the Application Auto Scaling client."""

    def describe_scalable_targets(
        self, *, ServiceNamespace: str, ResourceIds: list[str]
    ) -> dict[str, list[dict[str, str]]]:
        """The registered scalable targets, under `ScalableTargets`."""

    def deregister_scalable_target(
        self, *, ServiceNamespace: str, ResourceId: str, ScalableDimension: str
    ) -> object:
        """Deregister a scalable target."""


class CloudWatchClient(Protocol):
    """The used part of the CloudWatch client."""

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

    It retries throttled calls, so that a busy account delays an execution but does not fail it.
    """
    return _client(service)


@cache
def _client(service: str) -> object:
    connect: Any = boto3.client  # its overloads know service names only as literals
    return connect(service, config=Config(retries={"mode": "adaptive", "max_attempts": 8}))
