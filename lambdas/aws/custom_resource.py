"""The response of a custom resource to CloudFormation, without a framework.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import urllib.request
from collections.abc import Callable

from aws_lambda_powertools import Logger

from mdlc_constructs.settings.payloads.planning import Section

ANSWER_SECONDS = 30
MAX_REASON_CHARACTERS = 900


def respond(event: Section, work: Callable[[], str], *, kind: str, logger: Logger) -> None:
    """Do a resource's work and respond to CloudFormation, which otherwise waits for an hour.

    Args:
        work: does the work and returns a text on it; an exception fails the deployment.
        kind: prefix of the resource's physical id, which stays the same for its life.
    """
    try:
        status, reason = "SUCCESS", work()
    except Exception as error:
        logger.exception(kind)
        status, reason = "FAILED", f"{type(error).__name__}: {error}"
    answer(event, status, reason[-MAX_REASON_CHARACTERS:], kind=kind)


def answer(event: Section, status: str, reason: str, *, kind: str) -> None:
    """PUT the outcome to the URL that CloudFormation waits on.

    Args:
        kind: prefix of the resource's physical id, which stays the same for its life.
    """
    body = json.dumps(
        {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": event.get("PhysicalResourceId") or f"{kind}-{event['LogicalResourceId']}",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
    ).encode()
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
    )
    # The URL comes from CloudFormation.
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
        response.read()
