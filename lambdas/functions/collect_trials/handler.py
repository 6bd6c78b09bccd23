"""Entry point of the function that collects a tuning's trials."""

from collections.abc import Iterator, Mapping

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.aws.registry import absent
from lambdas.functions.collect_trials import logic
from lambdas.planning.sources import split_uri
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.tuning import Trial, Trials, TrialsRequest

logger = Logger(service="collect-trials")

_NO_OBJECT = ("404", "NoSuchKey", "403", "AccessDenied")
"""S3 answers 403 instead of 404 for an object that is not there when the role may not list the bucket.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
"""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Collect the trials of a tuning, or explain its failure: from a `TrialsRequest`.

    Returns:
        `Tuned`, or `ExplainedFailure` when the request has an error.

    Raises:
        TrialsFailed: when no trial has a model.
    """
    request = decode(TrialsRequest, event)
    if request.error:
        return encode(logic.explained(request, list(_trials(request))))
    name = request.jobs[-1]
    described = client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    every = list(_trials(request))
    without: set[str] = set()
    trials = logic.collected(request, described, every)
    while not _copied(request, trials):
        without.add(trials.best)
        trials = logic.collected(request, described, every, without)
    s3 = client("s3")
    # Last, because the planner takes it as the sign that the artifact is there.
    bucket, key = split_uri(request.trials)
    s3.put_object(Bucket=bucket, Key=key, Body=logic.as_json(trials))
    logger.info("collected", extra={"tuning_job": name, "best": trials.best, "trials": len(trials.trials)})
    return encode(trials.tuned)


def _copied(request: TrialsRequest, trials: Trials) -> bool:
    """Copy the best trial's artifact; returns False when it was stopped before it wrote one."""
    bucket, key = split_uri(request.artifact)
    source = f"training/{trials.best}/output/model.tar.gz"
    try:
        # A managed copy: CopyObject takes up to 5 GB, more is copied in parts.
        client("s3").copy({"Bucket": request.bucket, "Key": source}, bucket, key)
    except ClientError as error:
        best = next(trial for trial in trials.trials if trial.name == trials.best)
        if best.status == logic.STOPPED and error.response["Error"]["Code"] in _NO_OBJECT:
            logger.warning("a stopped trial left no artifact", extra={"trial": trials.best})
            return False
        raise
    return True


def _trials(request: TrialsRequest) -> Iterator[Trial]:
    """The trials of all tuning jobs of the work."""
    pages = client("sagemaker").get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    for name in request.jobs:
        try:
            for page in pages.paginate(HyperParameterTuningJobName=name):
                for summary in page["TrainingJobSummaries"]:
                    yield logic.trial(summary, name)
        except ClientError as error:
            # A call that SageMaker refused has left no tuning job.
            if not (request.error and absent(error)):
                raise
