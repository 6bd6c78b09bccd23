"""Where trainings leave their artifacts, and the look-up of those that are no training jobs of SageMaker."""

import json
from typing import TYPE_CHECKING

from lambdas.aws.registry import LookUp
from lambdas.planning.sources import split_uri
from lambdas.planning.steps import Job
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.tuning import Trials, Tuned

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def artifact_uri(bucket: str, training: str) -> str:
    """The S3 URI of a training's artifact, where SageMaker puts that of a training job of this name."""
    return f"s3://{bucket}/training/{training}/output/model.tar.gz"


def artifact_look_up(s3: "S3Client", bucket: str) -> LookUp:
    """The look-up of trainings that are not SageMaker training jobs: Completed when their artifact exists.

    Otherwise Absent: only the service that trains knows whether it is running or has failed.
    """

    def look_up(name: str) -> Job:
        _, key = split_uri(artifact_uri(bucket, name))
        answer = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        return Job(status="Completed" if answer["KeyCount"] else "Absent")

    return look_up


def trials_uri(bucket: str, training: str) -> str:
    """The S3 URI of what is known of a tuning's trials."""
    return f"s3://{bucket}/training/{training}/trials.json"


def tuning_outcome(s3: "S3Client", uri: str) -> Tuned | None:
    """The outcome of a tuning whose trials were collected; None when they were not.

    Args:
        uri: of the trials.
    """
    bucket, key = split_uri(uri)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return decode(Trials, json.loads(body), where="trials.json").tuned
