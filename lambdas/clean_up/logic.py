"""End what a model's state machines made: running jobs, models, and the packages of an emptied group.

CloudFormation owns roles, keys and alarms; models, jobs and package versions are made by executions, and
nobody else would end them when the stack goes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.steps import DIGEST_LENGTH


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How resources of one kind are listed by name and ended."""

    listing: str
    summaries: str
    name: str
    ending: str
    filters: Mapping[str, object]


KINDS = (
    Kind(
        listing="list_training_jobs",
        summaries="TrainingJobSummaries",
        name="TrainingJobName",
        ending="stop_training_job",
        filters={"StatusEquals": "InProgress"},
    ),
    Kind(
        listing="list_processing_jobs",
        summaries="ProcessingJobSummaries",
        name="ProcessingJobName",
        ending="stop_processing_job",
        filters={"StatusEquals": "InProgress"},
    ),
    Kind(
        listing="list_transform_jobs",
        summaries="TransformJobSummaries",
        name="TransformJobName",
        ending="stop_transform_job",
        filters={"StatusEquals": "InProgress"},
    ),
    Kind(listing="list_models", summaries="Models", name="ModelName", ending="delete_model", filters={}),
)


def _named(client: Any, kind: Kind, model: str) -> Iterator[str]:
    # "flight-" also begins the names of a model "flight-delay": only this model's derived names may match.
    own = re.compile(rf"{re.escape(model)}-[a-z]+[0-9]*-[0-9a-f]{{{DIGEST_LENGTH}}}(-[0-9]+)?")
    for page in client.get_paginator(kind.listing).paginate(NameContains=f"{model}-", **kind.filters):
        yield from (s[kind.name] for s in page[kind.summaries] if own.fullmatch(s[kind.name]))


def end_jobs_and_models(sagemaker: Any, model: str) -> list[str]:
    """Stop running jobs and delete models with the names that this model's machines derive.

    Returns:
        One line for each thing ended.
    """
    ended = []
    for kind in KINDS:
        for name in list(_named(sagemaker, kind, model)):
            try:
                getattr(sagemaker, kind.ending)(**{kind.name: name})
            except ClientError as error:
                if error.response["Error"]["Code"] != "ValidationException":
                    raise
                continue  # it ended by itself between the listing and the call
            ended.append(f"{kind.ending} {name}")
    return ended


def empty_group(sagemaker: Any, group: str) -> list[str]:
    """Delete the package versions of a group, so that CloudFormation can delete the group itself."""
    ended = []
    try:
        pages = list(sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        return []
    for page in pages:
        for package in page["ModelPackageSummaryList"]:
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
            ended.append(f"delete_model_package {package['ModelPackageArn']}")
    return ended


def empty_bucket(s3: Any, bucket: str) -> list[str]:
    """Delete every version of every object, in batches of 1,000."""
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        doomed = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
        if doomed:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
            count += len(doomed)
    return [f"delete_objects {count} versions in {bucket}"] if count else []
