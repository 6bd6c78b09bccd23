"""Looks up SageMaker jobs, models, endpoint configurations and model packages by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.planning.steps import Job, Status
from lambdas.planning.tuning_jobs import TuningJob, TuningLookUp

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import (
        DescribeModelPackageOutputTypeDef,
        ModelPackageSummaryTypeDef,
    )

LookUp = Callable[[str], Job]
"""Takes a name; returns the job or other resource of that name."""

_STATUS: Mapping[str, Status] = {
    "Completed": "Completed",
    "InProgress": "InProgress",
    "Stopping": "InProgress",
    "Deleting": "InProgress",
    "Failed": "Failed",
    "Stopped": "Failed",
}

_NOT_FOUND = ("ResourceNotFound", "ResourceNotFoundException")


def absent(error: ClientError) -> bool:
    """Whether an error means that no resource has the name; SageMaker has several such errors.

    Jobs answer ResourceNotFound, or ValidationException "Requested resource not found"
    (https://github.com/boto/boto3/issues/2808); models answer ValidationException "Could not find model".
    """
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"].lower()
    return code in _NOT_FOUND or (
        code == "ValidationException"
        and any(words in message for words in ("not found", "could not find", "does not exist"))
    )


@dataclass(frozen=True, kw_only=True)
class LookUps:
    """The look-up of each kind of resource."""

    processing: LookUp
    training: LookUp
    transform: LookUp
    model: LookUp
    config: LookUp


def look_ups(sagemaker: "SageMakerClient") -> LookUps:
    """The look-ups that call SageMaker."""
    return LookUps(
        processing=processing_jobs(sagemaker),
        training=training_jobs(sagemaker),
        transform=transform_jobs(sagemaker),
        model=models(sagemaker),
        config=endpoint_configs(sagemaker),
    )


def _look_up(describe: Callable[[str], Mapping[str, object]], status_key: str | None) -> LookUp:
    def look_up(name: str) -> Job:
        try:
            answer = describe(name)
        except ClientError as error:
            if absent(error):
                return Job(status="Absent")
            raise
        if status_key is None:
            return Job(status="Completed")
        message = answer.get("ExitMessage")
        return Job(
            status=_STATUS[str(answer[status_key])], exit_message=None if message is None else str(message)
        )

    return look_up


def processing_jobs(sagemaker: "SageMakerClient") -> LookUp:
    """Look-up of processing jobs by name."""
    return _look_up(
        lambda name: sagemaker.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus"
    )


def training_jobs(sagemaker: "SageMakerClient") -> LookUp:
    """Look-up of training jobs by name."""
    return _look_up(lambda name: sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")


def tuning_jobs(sagemaker: "SageMakerClient") -> TuningLookUp:
    """Look-up of tuning jobs by name."""

    def look_up(name: str) -> TuningJob:
        try:
            answer = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        except ClientError as error:
            if absent(error):
                return TuningJob(status="Absent")
            raise
        return TuningJob(
            status=_STATUS.get(answer["HyperParameterTuningJobStatus"], "Failed"),
            completed=answer["TrainingJobStatusCounters"].get("Completed", 0),
            succeeded=answer["ObjectiveStatusCounters"].get("Succeeded", 0),
        )

    return look_up


def transform_jobs(sagemaker: "SageMakerClient") -> LookUp:
    """Look-up of transform jobs by name."""
    return _look_up(
        lambda name: sagemaker.describe_transform_job(TransformJobName=name), "TransformJobStatus"
    )


def models(sagemaker: "SageMakerClient") -> LookUp:
    """Look-up of models by name; a model that exists is Completed."""
    return _look_up(lambda name: sagemaker.describe_model(ModelName=name), None)


def endpoint_configs(sagemaker: "SageMakerClient") -> LookUp:
    """Look-up of endpoint configurations by name; one that exists is Completed."""
    return _look_up(lambda name: sagemaker.describe_endpoint_config(EndpointConfigName=name), None)


def approved_package(
    sagemaker: "SageMakerClient", package_arn: str
) -> "DescribeModelPackageOutputTypeDef | None":
    """The description of a model package; None unless it exists and is approved."""
    try:
        package = sagemaker.describe_model_package(ModelPackageName=package_arn)
    except ClientError as error:
        if absent(error):
            return None
        raise
    return package if package["ModelApprovalStatus"] == "Approved" else None


def packages(sagemaker: "SageMakerClient", group: str) -> "Iterator[ModelPackageSummaryTypeDef]":
    """Summaries of the group's model packages, the newest first."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        yield from page["ModelPackageSummaryList"]
