"""Entry point of the waker: an endpoint's event ends the wait of its release.

The event's rule hands over `table`, `model`, `endpoint` and `status`.
"""

from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.clients import client
from lambdas.wake_release import logic

logger = Logger(service="wake-release")


def handler(event: dict[str, Any], context: object) -> dict[str, bool]:
    """Send the token back; says whether somebody was woken."""
    woken = _wake(event, client("dynamodb"), client("stepfunctions"))
    logger.info("endpoint", extra={"status": event["status"], "woken": woken})
    return {"woken": woken}


def _wake(event: dict[str, Any], dynamodb: Any, stepfunctions: Any) -> bool:
    if not logic.has_settled(event["status"]):
        return False
    key = logic.waiting_key(event["model"], event["endpoint"])
    token = logic.token_of(dynamodb.get_item(TableName=event["table"], Key=key, ConsistentRead=True))
    if token is None:
        return False
    try:
        # What the endpoint is, the machine asks itself: events come twice, late and in any order.
        stepfunctions.send_task_success(taskToken=token, output="{}")
    except ClientError as error:
        if error.response["Error"]["Code"] in logic.GONE:
            return False
        raise
    return True
