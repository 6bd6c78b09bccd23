"""The error handling of states: retriers and catchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

ALL_ERRORS = ("States.ALL",)


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Retries a state after certain errors. Every retry is billed as a state transition.

    `interval_seconds` is the wait before the first retry. It is multiplied by `backoff_rate` for each further
    one, up to `max_delay_seconds`. Full jitter spreads the retries of executions that fail at the same time.
    Source of the limits: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """

    errors: tuple[str, ...]
    interval_seconds: int = 2
    max_attempts: int = 6
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = 60
    jitter: str = "FULL"

    def __post_init__(self) -> None:
        _check_errors(self.errors)
        if self.interval_seconds < 1:
            raise ValueError(f"interval_seconds={self.interval_seconds} must be at least 1.")
        if not 0 <= self.max_attempts <= 99999999:
            raise ValueError(f"max_attempts={self.max_attempts} must be between 0 and 99999999.")
        if self.backoff_rate < 1:
            raise ValueError(f"backoff_rate={self.backoff_rate} must be at least 1.0.")
        longest = self.max_delay_seconds
        if longest is not None and not self.interval_seconds < longest < 31622400:
            raise ValueError(
                f"max_delay_seconds={self.max_delay_seconds} must be above interval_seconds="
                f"{self.interval_seconds} and below 31622400."
            )
        if self.jitter not in ("FULL", "NONE"):
            raise ValueError(f"jitter={self.jitter!r} must be 'FULL' or 'NONE'.")

    def to_asl(self) -> dict[str, object]:
        """The retrier in the Amazon States Language."""
        retrier: dict[str, object] = {
            "ErrorEquals": list(self.errors),
            "IntervalSeconds": self.interval_seconds,
            "MaxAttempts": self.max_attempts,
            "BackoffRate": self.backoff_rate,
        }
        if self.max_delay_seconds is not None:
            retrier["MaxDelaySeconds"] = self.max_delay_seconds
        retrier["JitterStrategy"] = self.jitter
        return retrier


@dataclass(frozen=True, kw_only=True)
class Catch:
    """Goes to the state `next` after certain errors; `$states.errorOutput` has their `Error` and `Cause`."""

    next: str
    errors: tuple[str, ...] = ALL_ERRORS
    assign: Mapping[str, object] | None = None
    output: object = None

    def __post_init__(self) -> None:
        _check_errors(self.errors)

    def to_asl(self) -> dict[str, object]:
        """The catcher in the Amazon States Language."""
        catcher: dict[str, object] = {"ErrorEquals": list(self.errors)}
        if self.assign:
            catcher["Assign"] = dict(self.assign)
        if self.output is not None:
            catcher["Output"] = self.output
        catcher["Next"] = self.next
        return catcher


def _check_errors(errors: tuple[str, ...]) -> None:
    if not isinstance(errors, tuple) or not errors:
        raise ValueError(f"errors={errors!r} must be a tuple of at least one error name.")
    if "States.ALL" in errors and len(errors) > 1:
        raise ValueError(f"errors={errors!r} mixes States.ALL with others; let States.ALL stand alone.")


@cache
def throttling_retry(*services: str) -> tuple[Retry, ...]:
    """The retriers for throttling and transient errors of services.

    The services are the prefixes of Step Functions' error names: `SageMaker`, `DynamoDB` (optimized
    integration), `DynamoDb` (AWS SDK integration), `S3`, `EventBridge`, `Lambda`, `ApplicationAutoScaling`,
    `SageMakerRuntime`.
    """
    errors = {error for service in services for error in _PASSING_ERRORS[service]}
    return (Retry(errors=tuple(sorted(errors))),)


_PASSING_ERRORS: Mapping[str, tuple[str, ...]] = {
    "ApplicationAutoScaling": (
        "ApplicationAutoScaling.ConcurrentUpdateException",
        "ApplicationAutoScaling.InternalServiceException",
        "ApplicationAutoScaling.SdkClientException",
    ),
    # Throttling has no exception class of its own, so its error name is the client's base exception, in the
    # optimized integration (AmazonSageMakerException) and in the AWS SDK integration (SageMakerException).
    "SageMaker": (
        "SageMaker.AmazonSageMakerException",
        "SageMaker.SageMakerException",
        "SageMaker.ThrottlingException",
        "SageMaker.SdkClientException",
    ),
    "DynamoDB": (
        "DynamoDB.InternalServerErrorException",
        "DynamoDB.ProvisionedThroughputExceededException",
        "DynamoDB.RequestLimitExceededException",
        "DynamoDB.ThrottlingException",
        "DynamoDB.SdkClientException",
    ),
    "DynamoDb": (
        "DynamoDb.InternalServerErrorException",
        "DynamoDb.ProvisionedThroughputExceededException",
        "DynamoDb.RequestLimitExceededException",
        "DynamoDb.SdkClientException",
        "DynamoDb.TransactionInProgressException",
    ),
    "EventBridge": (
        "EventBridge.InternalException",
        "EventBridge.ThrottlingException",
        "EventBridge.SdkClientException",
        "Events.InternalException",
        "Events.ThrottlingException",
    ),
    "Lambda": (
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
        "Lambda.ClientExecutionTimeoutException",
    ),
    "SageMakerRuntime": (
        "SageMakerRuntime.InternalDependencyException",
        "SageMakerRuntime.InternalFailureException",
        "SageMakerRuntime.ModelNotReadyException",
        "SageMakerRuntime.SdkClientException",
        "SageMakerRuntime.ServiceUnavailableException",
    ),
    "S3": ("S3.S3Exception", "S3.SdkClientException", "S3.SlowDown"),
    "Sfn": ("Sfn.SdkClientException", "Sfn.SfnException", "StepFunctions.ThrottlingException"),
}

THROTTLING_RETRY = throttling_retry(*_PASSING_ERRORS)
"""The default retriers of a task: for throttling and transient errors of all these services."""
