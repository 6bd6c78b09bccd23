"""Entry point of the delete-time custom resource; it answers CloudFormation itself, without a framework."""

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.aws.custom_resource import answer
from lambdas.functions.clean_up import endpoints, executions, logic

logger = Logger(service="clean-up")

MARGIN_SECONDS = 60.0
"""Of the function's time, kept for what follows the waiting: deleting models and objects, and the answer."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Do nothing on create and update; on delete end what the model's machines made.

    Properties of the resource: `Model`, `Machines` (ARNs of the stack's state machines), `Endpoints` (names
    of those that they made), `Group`, and `Bucket` when the stack owns a bucket that goes with it. An
    endpoint that an update drops from the list stays: the update may yet be rolled back.
    """
    status, reason = "SUCCESS", "nothing to end"
    if event["RequestType"] == "Delete":
        try:
            ended = clean(
                event["ResourceProperties"],
                seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS,
            )
            reason = "; ".join(ended)[-900:] or reason
        except Exception as error:  # CloudFormation must get an answer, or it waits for an hour
            logger.exception("clean-up failed")
            status, reason = "FAILED", f"{type(error).__name__}: {error}"[-900:]
    answer(event, status, reason, kind="clean-up")


def clean(properties: dict[str, Any], *, seconds_left: Callable[[], float]) -> list[str]:
    """End everything and say what was ended, one line each.

    What starts jobs is stopped first, then the jobs, and only then is deleted what they write.
    """
    sagemaker, model = client("sagemaker"), properties["Model"]
    names = properties.get("Endpoints", ())
    autoscaling = client("application-autoscaling") if names else None
    ended = []
    for machine_arn in properties.get("Machines", ()):
        ended += executions.stop_executions(client("stepfunctions"), machine_arn)
    # Before the jobs are waited for, because an endpoint takes its time to go and costs money meanwhile.
    ended += endpoints.begin(sagemaker, autoscaling, names)[0]
    ended += logic.end_jobs(sagemaker, model, seconds_left=seconds_left, wait=time.sleep)
    if names:
        ended += endpoints.end(sagemaker, autoscaling, names, seconds_left=seconds_left, wait=time.sleep)
        ended += endpoints.delete_configs(sagemaker, model)
    ended += logic.delete_models(sagemaker, model)
    if properties.get("Group"):
        ended += logic.empty_group(sagemaker, properties["Group"])
    if properties.get("Bucket"):
        ended += logic.empty_bucket(client("s3"), properties["Bucket"])
    logger.info("ended", extra={"ended": ended})
    return ended
