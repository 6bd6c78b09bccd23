"""Entry point of the clean-up custom resource: on delete, deletes what the model's executions created."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from aws_lambda_powertools import Logger

from lambdas.aws import custom_resource
from lambdas.aws.clients import client
from lambdas.functions.clean_up import endpoints, executions, logic
from mdlc_constructs.settings.payloads.clean_up import CleanUpResource
from mdlc_constructs.settings.payloads.codec import JsonValue, decode

logger = Logger(service="clean-up")

MARGIN_SECONDS = 60.0
"""Part of the function's timeout reserved for the steps after waiting: deletions, and the response."""


class Context(Protocol):
    """The used part of a Lambda context."""

    def get_remaining_time_in_millis(self) -> int:
        """The time until the function's timeout, in milliseconds."""


def handler(event: Mapping[str, JsonValue], context: Context) -> None:
    """On delete, delete what a `CleanUpResource` names; do nothing on create and update."""

    def work() -> str:
        if event["RequestType"] != "Delete":
            return "nothing to end"
        ended = clean(
            decode(CleanUpResource, event["ResourceProperties"]),
            seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS,
        )
        return "; ".join(ended) or "nothing to end"

    custom_resource.respond(event, work, kind="clean-up", logger=logger)


def clean(resource: CleanUpResource, *, seconds_left: Callable[[], float]) -> list[str]:
    """Stop and delete everything; returns one line for each resource.

    The order matters: first executions, which start jobs; then jobs; then what jobs write.
    """
    sagemaker, model = client("sagemaker"), resource.model
    ended = []
    for machine_arn in resource.machines:
        ended += executions.stop_executions(client("stepfunctions"), machine_arn)
    if resource.endpoints:
        # Before waiting for jobs, because deleting an endpoint takes time and it costs money until then.
        autoscaling = client("application-autoscaling")
        ended += endpoints.begin(sagemaker, autoscaling, resource.endpoints)[0]
    ended += logic.end_jobs(sagemaker, model, seconds_left=seconds_left, wait=time.sleep)
    if resource.endpoints:
        ended += endpoints.end(
            sagemaker, autoscaling, resource.endpoints, seconds_left=seconds_left, wait=time.sleep
        )
        ended += endpoints.delete_configs(sagemaker, model)
    ended += logic.delete_models(sagemaker, model)
    if resource.group:
        ended += logic.empty_group(sagemaker, resource.group)
    if resource.bucket:
        ended += logic.empty_bucket(client("s3"), resource.bucket)
    logger.info("ended", extra={"ended": ended})
    return ended
