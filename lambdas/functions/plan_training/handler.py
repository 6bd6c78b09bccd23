"""Entry point of the training planner: look up what exists, decide, write `plan.json`."""

import json
import os
from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws import registry
from lambdas.aws.clients import client
from lambdas.aws.tags import of_machine
from lambdas.functions.plan_training import logic
from lambdas.planning import intervals, sources
from lambdas.planning.audit import champion_of, run_of
from lambdas.planning.execution_plan import put_plan, utc_now, wait_seconds
from lambdas.planning.steps import Job
from mdlc_constructs.settings.payloads.codec import encode

logger = Logger(service="plan-training")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Plan a training execution (see `logic.decide` for what comes back)."""
    s3, sagemaker, dynamodb = client("s3"), client("sagemaker"), client("dynamodb")
    event = {**event, "input": intervals.checked_input(event["input"])}
    settings, home = event["settings"], event["home"]
    files = sources.list_files(s3, settings["dataset"]["uri"])
    champion = None
    pointer = champion_of(dynamodb, home["table"], event["model"])
    # A champion whose approval was taken back is no longer what a challenger has to beat.
    if pointer is not None and registry.is_approved(sagemaker, pointer["package_arn"]):
        bucket, key = sources.split_uri(pointer["program"] + "program.json")
        program = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        champion = logic.Champion(
            package_arn=pointer["package_arn"],
            version=int(pointer["version"]),
            model=pointer["model"],
            program=program,
        )
    made = logic.work(event, files, champion)
    plan = logic.decide(
        event,
        files,
        champion,
        run_of(dynamodb, home["table"], event["model"], made.run),
        logic.LookUps(
            processing=registry.processing_jobs(sagemaker),
            training=artifacts(s3, home["bucket"])
            if "Train" in event.get("replaced", ())
            else registry.training_jobs(sagemaker),
            transform=registry.transform_jobs(sagemaker),
            model=registry.models(sagemaker),
        ),
    )
    plan["tags"] = of_machine(client("stepfunctions"), event["execution"]["id"])
    plan["wait_seconds"] = wait_seconds(event["execution"]["started_at"], utc_now())
    if plan["step"] != "Done":
        body = encode(replace(logic.job_plan(event, files, champion), run=made.run))
        plan["uris"]["plan"] = put_plan(s3, home["bucket"], made.run, body)
    logger.info(
        "planned", extra={"run": made.run, "step": plan["step"], "region": os.environ.get("AWS_REGION")}
    )
    return plan


def artifacts(s3: Any, bucket: str) -> logic.LookUp:
    """Whether a training is done that is no training job of SageMaker's: its artifact is there.

    Whether it is running, or failed, is known to the service that trains, and not here.
    """

    def look_up(name: str) -> Job:
        _, key = sources.split_uri(logic.artifact_uri(bucket, name))
        found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        return Job(status="Completed" if found["KeyCount"] else "Absent")

    return look_up
