"""Entry point of the planner of batches of files: chooses the package, decides what is left to do."""

from collections.abc import Mapping
from dataclasses import replace

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.packages import channels_package, choose
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_channel_batch import logic
from lambdas.planning.audit import run_of
from lambdas.planning.channels import list_channels
from lambdas.planning.execution_plan import checked_batch, put_plan
from mdlc_constructs.settings.payloads.batch import ChannelBatchRequest
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode

logger = Logger(service="plan-channel-batch")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Plan a batch of files: from a `ChannelBatchRequest` to a `BatchPlan`."""
    request = decode(ChannelBatchRequest, event)
    batch = checked_batch(request.input)
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    home, execution = request.home, request.execution
    request = logic.below(request, batch.prefix or "")
    arn = choose(registry.packages(sagemaker, home.group), batch.package_version, home.group)
    package = channels_package(sagemaker.describe_model_package(ModelPackageName=arn))
    files = list_channels(s3, request.settings.channels)
    body = logic.job_plan(request, files, package)
    plan = logic.decide(
        request,
        body,
        package,
        lambda run: run_of(dynamodb, home.table, request.model, run),
        registry.look_ups(sagemaker),
    )
    uris = dict(plan.uris)
    if plan.step != "Done":
        # The file list can outgrow a state's 256 KiB; the jobs read it from plan.json.
        body = replace(body, run=plan.run, predicted_at=execution.started_at)
        uris["plan"] = put_plan(s3, home.bucket, body)
    logger.info("planned", extra={"run": plan.run, "step": plan.step, "package": package.arn})
    return encode(with_execution(replace(plan, uris=uris), client("stepfunctions"), execution))
