"""Entry point of the delete-time custom resource; it answers CloudFormation itself, without a framework."""

import json
import urllib.request
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.clean_up import logic
from lambdas.clients import client

logger = Logger(service="clean-up")


def handler(event: dict[str, Any], context: Any) -> None:
    """Do nothing on create and update; on delete end what the model's machines made.

    Properties of the resource: `Model`, `Group`, and `Bucket` when the stack owns a bucket that goes with it.
    """
    status, reason = "SUCCESS", "nothing to end"
    if event["RequestType"] == "Delete":
        try:
            reason = "; ".join(clean(event["ResourceProperties"]))[-900:] or reason
        except Exception as error:  # CloudFormation must get an answer, or it waits for an hour
            logger.exception("clean-up failed")
            status, reason = "FAILED", f"{type(error).__name__}: {error}"[-900:]
    answer(event, status, reason)


def clean(properties: dict[str, str]) -> list[str]:
    """End everything and say what was ended, one line each."""
    sagemaker = client("sagemaker")
    ended = logic.end_jobs_and_models(sagemaker, properties["Model"])
    if properties.get("Group"):
        ended += logic.empty_group(sagemaker, properties["Group"])
    if properties.get("Bucket"):
        ended += logic.empty_bucket(client("s3"), properties["Bucket"])
    logger.info("ended", extra={"ended": ended})
    return ended


def answer(event: dict[str, Any], status: str, reason: str) -> None:
    """PUT the outcome to the URL CloudFormation waits on."""
    body = json.dumps(
        {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": event.get("PhysicalResourceId") or f"clean-up-{event['LogicalResourceId']}",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
    ).encode()
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # the URL is CloudFormation's own
        response.read()
