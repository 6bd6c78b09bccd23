"""Entry point of the training planner: looks up what exists, decides what is left, writes `plan.json`."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.artifacts import artifact_look_up, tuning_outcome
from lambdas.aws.clients import client
from lambdas.aws.packages import record_types
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_training import logic
from lambdas.planning import intervals, sources
from lambdas.planning.audit import champion_of, run_of
from lambdas.planning.execution_plan import put_plan
from lambdas.planning.tuning_jobs import TuningLookUps
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.training import TrainingPlannerRequest

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
        look_ups = replace(look_ups, training=artifact_look_up(s3, home.bucket))
    recorded = run_of(dynamodb, home.table, request.model, work.run)
    tunings = TuningLookUps(job=registry.tuning_jobs(sagemaker), outcome=lambda uri: tuning_outcome(s3, uri))
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
    package = None if pointer is None else registry.approved_package(client("sagemaker"), pointer.package_arn)
    if pointer is None or package is None:
        return None
    bucket, key = sources.split_uri(pointer.program + "program.json")
    program = json.loads(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return logic.Champion(
        package_arn=pointer.package_arn,
        version=pointer.version,
        model=pointer.model,
        program=program,
        records=record_types(package),
    )
