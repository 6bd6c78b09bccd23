"""Entry point of the batch planner: choose the package, look up what exists, decide, write `plan.json`."""

from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.packages import choose, package_from
from lambdas.aws.tags import of_machine
from lambdas.functions.plan_batch import logic
from lambdas.planning import sources
from lambdas.planning.audit import run_of
from lambdas.planning.execution_plan import put_plan, utc_now, wait_seconds
from mdlc_constructs.settings.payloads.codec import encode

logger = Logger(service="plan-batch")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Plan a batch inference execution (see `logic.decide` for what comes back)."""
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    given = logic.checked_input(event["input"])
    home, settings = event["home"], event["settings"]
    uri = settings["dataset"]["uri"] + (given.get("prefix") or "")
    dataset = {**settings["dataset"], "uri": uri}
    settings = {**settings, "dataset": dataset}
    event = {**event, "input": given, "settings": settings}
    arn = choose(registry.packages(sagemaker, home["group"]), given.get("package_version"), home["group"])
    package = package_from(sagemaker.describe_model_package(ModelPackageName=arn))
    files = sources.list_files(s3, uri)
    plan = logic.decide(
        event,
        files,
        package,
        lambda run: run_of(dynamodb, home["table"], event["model"], run),
        logic.LookUps(
            processing=registry.processing_jobs(sagemaker),
            transform=registry.transform_jobs(sagemaker),
            model=registry.models(sagemaker),
        ),
    )
    plan["tags"] = of_machine(client("stepfunctions"), event["execution"]["id"])
    plan["wait_seconds"] = wait_seconds(event["execution"]["started_at"], utc_now())
    if plan["step"] != "Done":
        jobs = logic.job_plan(event, files, package, plan["shards"])
        body = encode(replace(jobs, run=plan["run"], predicted_at=event["execution"]["started_at"]))
        plan["uris"]["plan"] = put_plan(s3, home["bucket"], plan["run"], body)
    # The file list can outgrow a state's 256 KiB; the jobs read it from plan.json.
    plan.pop("shards")
    logger.info("planned", extra={"run": plan["run"], "step": plan["step"], "package": package.arn})
    return plan
