"""Entry point of the training planner: looks up what exists, decides what is left, writes `plan.json`."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.registry import LookUp
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_training import logic
from lambdas.planning import intervals, sources
from lambdas.planning.audit import champion_of, run_of
from lambdas.planning.execution_plan import put_plan
from lambdas.planning.steps import Job
from lambdas.planning.tuning_jobs import TuningLookUps
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.training import TrainingPlannerRequest
from mdlc_constructs.settings.payloads.tuning import Trials, Tuned

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = Logger(service="plan-training")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Plan a training execution: from a `TrainingPlannerRequest` to a `TrainingPlan`."""
    request = decode(TrainingPlannerRequest, event)
    training = intervals.checked_input(request.input)
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    home, execution = request.home, request.execution
    files = sources.list_files(s3, request.settings.dataset.uri)
    champion = _champion(request)
    body = logic.job_plan(request, training, files, champion)
    work = logic.work(request, body)
    look_ups = registry.look_ups(sagemaker)
    if "Train" in request.replaced:
        look_ups = replace(look_ups, training=artifacts(s3, home.bucket))
    recorded = run_of(dynamodb, home.table, request.model, work.run)
    tunings = TuningLookUps(job=registry.tuning_jobs(sagemaker), outcome=lambda uri: tuned(s3, uri))
    plan = logic.decide(request, work, champion, recorded, look_ups, tunings)
    uris = dict(plan.uris)
    if plan.step != "Done":
        body = replace(body, run=work.run, training_job=plan.names["Train"], artifact=uris["artifact"])
        uris["plan"] = put_plan(s3, home.bucket, body)
    logger.info("planned", extra={"run": work.run, "step": plan.step, "region": os.environ.get("AWS_REGION")})
    return encode(with_execution(replace(plan, uris=uris), client("stepfunctions"), execution))


def _champion(request: TrainingPlannerRequest) -> logic.Champion | None:
    """The champion with its feature program; None without one, or when it is no longer approved.

    A challenger does not have to beat a champion whose approval was withdrawn.
    """
    pointer = champion_of(client("dynamodb"), request.home.table, request.model)
    if pointer is None or not registry.is_approved(client("sagemaker"), pointer.package_arn):
        return None
    bucket, key = sources.split_uri(pointer.program + "program.json")
    program = json.loads(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return logic.Champion(
        package_arn=pointer.package_arn, version=pointer.version, model=pointer.model, program=program
    )


def tuned(s3: "S3Client", uri: str) -> Tuned | None:
    """The outcome of a tuning whose trials were collected; None when they were not."""
    bucket, key = sources.split_uri(uri)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return decode(Trials, json.loads(body), where="trials.json").tuned


def artifacts(s3: "S3Client", bucket: str) -> LookUp:
    """The look-up of trainings that are not SageMaker training jobs: Completed when their artifact exists.

    Otherwise Absent: only the service that trains knows whether it is running or has failed.
    """

    def look_up(name: str) -> Job:
        _, key = sources.split_uri(logic.artifact_uri(bucket, name))
        answer = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        return Job(status="Completed" if answer["KeyCount"] else "Absent")

    return look_up
