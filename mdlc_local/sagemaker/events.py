"""The state-change events that SageMaker puts on EventBridge."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from mdlc_local import service_events
from mdlc_local.sagemaker.records import (
    ENDPOINT,
    MODEL_PACKAGE,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
    Kind,
    Record,
    lock,
)

_DETAILS: dict[str, tuple[str, tuple[str, ...]]] = {
    TRAINING_JOB.name: (
        "SageMaker Training Job State Change",
        (
            "TrainingJobName",
            "TrainingJobArn",
            "TrainingJobStatus",
            "SecondaryStatus",
            "SecondaryStatusTransitions",
            "HyperParameters",
            "AlgorithmSpecification",
            "RoleArn",
            "InputDataConfig",
            "OutputDataConfig",
            "ResourceConfig",
            "StoppingCondition",
            "ModelArtifacts",
            "FailureReason",
            "CreationTime",
            "TrainingStartTime",
            "TrainingEndTime",
            "LastModifiedTime",
            "FinalMetricDataList",
            "Tags",
        ),
    ),
    PROCESSING_JOB.name: (
        "SageMaker Processing Job State Change",
        (
            "ProcessingJobName",
            "ProcessingJobArn",
            "ProcessingJobStatus",
            "ProcessingInputs",
            "ProcessingOutputConfig",
            "ProcessingResources",
            "StoppingCondition",
            "AppSpecification",
            "RoleArn",
            "ExitMessage",
            "FailureReason",
            "CreationTime",
            "ProcessingStartTime",
            "ProcessingEndTime",
            "LastModifiedTime",
            "Tags",
        ),
    ),
    TRANSFORM_JOB.name: (
        "SageMaker Transform Job State Change",
        (
            "TransformJobName",
            "TransformJobArn",
            "TransformJobStatus",
            "ModelName",
            "TransformInput",
            "TransformOutput",
            "TransformResources",
            "FailureReason",
            "CreationTime",
            "TransformStartTime",
            "TransformEndTime",
            "Tags",
        ),
    ),
    TUNING_JOB.name: (
        "SageMaker HyperParameter Tuning Job State Change",
        (
            "HyperParameterTuningJobName",
            "HyperParameterTuningJobArn",
            "HyperParameterTuningJobStatus",
            "TrainingJobDefinition",
            "TrainingJobStatusCounters",
            "ObjectiveStatusCounters",
            "CreationTime",
            "LastModifiedTime",
            "Tags",
        ),
    ),
    ENDPOINT.name: (
        "SageMaker Endpoint State Change",
        (
            "EndpointName",
            "EndpointArn",
            "EndpointConfigName",
            "ProductionVariants",
            "EndpointStatus",
            "FailureReason",
            "CreationTime",
            "LastModifiedTime",
            "Tags",
        ),
    ),
    MODEL_PACKAGE.name: (
        "SageMaker Model Package State Change",
        (
            "ModelPackageName",
            "ModelPackageGroupName",
            "ModelPackageVersion",
            "ModelPackageArn",
            "ModelPackageDescription",
            "ModelPackageStatus",
            "ModelApprovalStatus",
            "ApprovalDescription",
            "CreationTime",
            "CustomerMetadataProperties",
            "ModelLifeCycle",
            "InferenceSpecification",
            "ModelMetrics",
            "Tags",
        ),
    ),
}


_ENDPOINT_DEPLOYMENT = "SageMaker Endpoint Deployment State Change"


def publish(kind: Kind, record: Record, more: Mapping[str, Any] | None = None) -> None:
    """Put the state-change event for a record's current state, with times in epoch milliseconds, as on AWS.

    Args:
        kind: the kind of resource.
        record: its record.
        more: further members of the event's detail.
    """
    detail_type, fields = _DETAILS[kind.name]
    detail = {**_detail(kind, record, fields), **(more or {})}
    _put(detail_type, detail, record[kind.arn_field])


def publish_deployment(record: Record) -> None:
    """Put the event for the current state of an endpoint's deployment."""
    fields = (*_DETAILS[ENDPOINT.name][1], "PendingDeploymentSummary")
    _put(_ENDPOINT_DEPLOYMENT, _detail(ENDPOINT, record, fields), record[ENDPOINT.arn_field])


def _detail(kind: Kind, record: Record, fields: tuple[str, ...]) -> dict[str, Any]:
    with lock:
        detail = {name: _plain(record[name]) for name in fields if record.get(name) is not None}
    if kind is ENDPOINT:
        # Only endpoint events have their status in upper case: IN_SERVICE, ROLLING_BACK.
        detail["EndpointStatus"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", detail["EndpointStatus"]).upper()
    return detail


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _put(detail_type: str, detail: dict[str, Any], resource_arn: str) -> None:
    service_events.put_event(detail_type, detail, resource_arn, source="aws.sagemaker")
