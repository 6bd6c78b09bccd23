"""The answer of a custom resource, without a framework.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

ANSWER_SECONDS = 30


def answer(event: Mapping[str, Any], status: str, reason: str, *, kind: str) -> None:
    """PUT the outcome to the URL that CloudFormation waits on.

    Args:
        kind: begins the resource's physical id, which stays the same for its life.
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
    # The URL is CloudFormation's own.
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
        response.read()
