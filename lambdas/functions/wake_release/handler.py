"""Entry point of the waker: an endpoint's event ends the wait of the releases that wait for it.

The event's rule hands over `table`, `model`, `endpoint` and `status`.
"""

from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.wake_release import logic

logger = Logger(service="wake-release")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Send the tokens back; says how many executions were woken."""
    woken = _wake(event, client("dynamodb"), client("stepfunctions"))
    logger.info("endpoint", extra={"status": event["status"], "woken": woken})
    return {"woken": woken}


def _wake(event: dict[str, Any], dynamodb: Any, stepfunctions: Any) -> int:
    if not logic.has_settled(event["status"]):
        return 0
    question = logic.waiting(event["model"], event["endpoint"])
    pages = dynamodb.get_paginator("query").paginate(
        TableName=event["table"], ConsistentRead=True, **question
    )
    woken = 0
    for item in [item for page in pages for item in page["Items"]]:
        woken += _sent(stepfunctions, item["task_token"]["S"])
        # Sent or out of date, nobody waits for this token any more, unless a new one has taken its place.
        _forget(dynamodb, event["table"], item)
    return woken


def _sent(stepfunctions: Any, token: str) -> bool:
    try:
        # What the endpoint is, the machine asks itself: events come twice, late and in any order.
        stepfunctions.send_task_success(taskToken=token, output="{}")
    except ClientError as error:
        if error.response["Error"]["Code"] in logic.GONE:
            return False
        raise
    return True


def _forget(dynamodb: Any, table: str, item: dict[str, Any]) -> None:
    try:
        dynamodb.delete_item(
            TableName=table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            ConditionExpression="task_token = :sent",
            ExpressionAttributeValues={":sent": item["task_token"]},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
