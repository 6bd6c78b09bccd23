"""Entry point of the planner of trainings on channels: lists their objects, decides what is left to do."""

import os
from collections.abc import Mapping
from dataclasses import replace

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.artifacts import artifact_look_up
from lambdas.aws.clients import client
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_channel_training import logic
from lambdas.planning.audit import champion_of, run_of
from lambdas.planning.channels import list_channels
from lambdas.planning.execution_plan import decode_input, put_plan
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.job_plan import ChampionSection
from mdlc_constructs.settings.payloads.planning import ExecutionInput
from mdlc_constructs.settings.payloads.training import ChannelTrainingRequest

logger = Logger(service="plan-channel-training")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Plan a training on channels: from a `ChannelTrainingRequest` to a `TrainingPlan`."""
    request = decode(ChannelTrainingRequest, event)
    decode_input(ExecutionInput, request.input)
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    home, execution = request.home, request.execution
    files = list_channels(s3, request.settings.channels)
    body = logic.job_plan(request, files, _champion(request))
    work = logic.work(request, body)
    look_ups = registry.look_ups(sagemaker)
    if "Train" in request.replaced:
        look_ups = replace(look_ups, training=artifact_look_up(s3, home.bucket))
    recorded = run_of(dynamodb, home.table, request.model, work.run)
    plan = logic.decide(request, body, work, recorded, look_ups)
    uris = dict(plan.uris)
    if plan.step != "Done":
        body = replace(body, run=work.run, training_job=plan.names["Train"], artifact=uris["artifact"])
        uris["plan"] = put_plan(s3, home.bucket, body)
    logger.info("planned", extra={"run": work.run, "step": plan.step, "region": os.environ.get("AWS_REGION")})
    return encode(with_execution(replace(plan, uris=uris), client("stepfunctions"), execution))


def _champion(request: ChannelTrainingRequest) -> ChampionSection | None:
    """The champion, when answers to a holdout are compared; None when it is no longer approved."""
    if not request.settings.channels.holdout:
        return None
    pointer = champion_of(client("dynamodb"), request.home.table, request.model)
    if pointer is None or registry.approved_package(client("sagemaker"), pointer.package_arn) is None:
        return None
    return ChampionSection(
        package_arn=pointer.package_arn, version=pointer.version, model=pointer.model, program=None
    )
