"""Entry point of the batch planner: chooses the package, decides what is left, writes `plan.json`."""

from collections.abc import Mapping
from dataclasses import replace

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.packages import choose, package_from
from lambdas.aws.tags import with_execution
from lambdas.functions.plan_batch import logic
from lambdas.planning import sources
from lambdas.planning.audit import run_of
from lambdas.planning.execution_plan import checked_batch, put_plan
from mdlc_constructs.settings.payloads.batch import BatchPlannerRequest
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode

logger = Logger(service="plan-batch")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Plan a batch inference execution: from a `BatchPlannerRequest` to a `BatchPlan`."""
    request = decode(BatchPlannerRequest, event)
    batch = checked_batch(request.input)
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    home, settings, execution = request.home, request.settings, request.execution
    uri = settings.dataset.uri + (batch.prefix or "")
    request = replace(request, settings=replace(settings, dataset=replace(settings.dataset, uri=uri)))
    arn = choose(registry.packages(sagemaker, home.group), batch.package_version, home.group)
    package = package_from(sagemaker.describe_model_package(ModelPackageName=arn))
    files = sources.list_files(s3, uri)
    shards = logic.shards(files, settings.parallel)
    body = logic.job_plan(request, files, package, shards)
    plan = logic.decide(
        request,
        body,
        shards,
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
