"""Stops a model's running jobs, and deletes its models, its model packages and the objects of its bucket.

CloudFormation owns roles, keys and alarms. Executions create models, jobs and package versions, which
CloudFormation does not delete with the stack.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.planning.steps import derived_names_of
from mdlc_constructs.settings.payloads.tuning import tuning_names_of, tuning_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef
    from mypy_boto3_sagemaker import SageMakerClient

BETWEEN_LOOKS_SECONDS = 2.0

_ENDED = ("ResourceNotFound", "ValidationException")
"""SageMaker's errors for stopping a job that has ended, or deleting a model or package that is deleted."""


class StillRunning(Exception):
    """Jobs did not stop in time."""


class NotEmptied(Exception):
    """S3 refused to delete objects."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Names of the operations, and of response keys, to list and stop one kind of job."""

    listing: str
    summaries: str
    name: str
    stopping: str


TUNING = Kind(
    listing="list_hyper_parameter_tuning_jobs",
    summaries="HyperParameterTuningJobSummaries",
    name="HyperParameterTuningJobName",
    stopping="stop_hyper_parameter_tuning_job",
)
JOBS = (
    TUNING,
    *(
        Kind(
            listing=f"list_{kind.lower()}_jobs",
            summaries=f"{kind}JobSummaries",
            name=f"{kind}JobName",
            stopping=f"stop_{kind.lower()}_job",
        )
        for kind in ("Training", "Processing", "Transform")
    ),
)
"""The kinds of jobs, tuning jobs first: they start and stop training jobs themselves."""


def _jobs(sagemaker: Any, kind: Kind, model: str, status: str) -> list[str]:
    # Any, because the operation's name comes from `JOBS`.
    if kind is TUNING:
        pages = sagemaker.get_paginator(kind.listing).paginate(
            NameContains=tuning_prefix(model), StatusEquals=status
        )
        return tuning_names_of(model, (job[kind.name] for page in pages for job in page[kind.summaries]))
    pages = sagemaker.get_paginator(kind.listing).paginate(NameContains=f"{model}-", StatusEquals=status)
    return derived_names_of(model, (job[kind.name] for page in pages for job in page[kind.summaries]))


def ended_by_itself(call: Callable[..., object], **request: str) -> bool:
    """Call an operation that stops or deletes a resource; returns True when it had ended by itself."""
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ENDED:
            raise
        return True
    return False


def end_jobs(
    sagemaker: "SageMakerClient",
    model: str,
    *,
    seconds_left: Callable[[], float],
    wait: Callable[[float], None],
) -> list[str]:
    """Stop running jobs with the names that this model's machines derive, and wait until they have stopped.

    A stopping job still writes its output, so that its bucket can be emptied only afterwards.

    Args:
        seconds_left: returns how long the function may still wait.
        wait: sleeps for seconds.

    Returns:
        One line for each stopped job.

    Raises:
        StillRunning: when jobs have not stopped in time, naming them.
    """
    stopped = []
    while True:
        left = []
        for kind in JOBS:
            for name in _jobs(sagemaker, kind, model, "InProgress"):
                if not ended_by_itself(getattr(sagemaker, kind.stopping), **{kind.name: name}):
                    stopped.append(f"{kind.stopping} {name}")
                left.append(name)
            left += _jobs(sagemaker, kind, model, "Stopping")
        if not left:
            return stopped
        if seconds_left() < BETWEEN_LOOKS_SECONDS:
            raise StillRunning(
                f"{', '.join(sorted(left))} did not stop in time: delete the stack again when they have."
            )
        wait(BETWEEN_LOOKS_SECONDS)


def delete_models(sagemaker: "SageMakerClient", model: str) -> list[str]:
    """Delete the SageMaker models with the names that this model's machines derive."""
    pages = sagemaker.get_paginator("list_models").paginate(NameContains=f"{model}-")
    names = derived_names_of(model, (summary["ModelName"] for page in pages for summary in page["Models"]))
    return [
        f"delete_model {name}"
        for name in names
        if not ended_by_itself(sagemaker.delete_model, ModelName=name)
    ]


def empty_group(sagemaker: "SageMakerClient", group: str) -> list[str]:
    """Delete the package versions of a group, so that CloudFormation can delete the group itself."""
    try:
        pages = list(sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ENDED:
            raise
        return []
    arns = [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]
    return [
        f"delete_model_package {arn}"
        for arn in arns
        if not ended_by_itself(sagemaker.delete_model_package, ModelPackageName=arn)
    ]


def empty_bucket(s3: "S3Client", bucket: str) -> list[str]:
    """Delete every version of every object, in batches of 1,000.

    Raises:
        NotEmptied: when S3 refuses to delete an object, naming it and the reason.
    """
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        doomed: list[ObjectIdentifierTypeDef] = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
        if doomed:
            # S3 answers 200 even when it deleted nothing: the response lists the refused objects.
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
            if refused := answer.get("Errors"):
                first = refused[0]
                raise NotEmptied(
                    f"{len(refused)} objects of {bucket} could not be deleted, the first being "
                    f"{first.get('Key')} ({first.get('Code')}: {first.get('Message')}): "
                    f"put that right and delete the stack again."
                )
            count += len(doomed)
    return [f"delete_objects {count} versions in {bucket}"] if count else []
