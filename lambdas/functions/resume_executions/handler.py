"""Entry point of the function that resumes the executions waiting for an event.

Events may come twice, late and in any order, so the state machine then looks up the endpoint's status itself.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.aws.endpoints import BUSY
from lambdas.aws.executions import send_task_success
from lambdas.planning.items import Item, text_of
from mdlc_constructs.settings.payloads.codec import JsonValue, decode
from mdlc_constructs.settings.payloads.release import ResumeRequest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

logger = Logger(service="resume-executions")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, int]:
    """Send task success to the executions that wait for the endpoint or package of a `ResumeRequest`.

    Returns:
        `resumed`: how many executions were resumed.
    """
    request = decode(ResumeRequest, event)
    resumed = _resume(request, client("dynamodb"), client("stepfunctions"))
    logger.info("endpoint", extra={"status": request.status, "resumed": resumed})
    return {"resumed": resumed}


def has_settled(status: str) -> bool:
    """Whether an endpoint's status is final, spelled as in an event or in DescribeEndpoint.

    Events have IN_SERVICE where DescribeEndpoint has InService.
    """
    return _plain(status) not in {_plain(busy) for busy in BUSY}


def _plain(status: str) -> str:
    return status.replace("_", "").casefold()


def _resume(request: ResumeRequest, dynamodb: "DynamoDBClient", stepfunctions: "SFNClient") -> int:
    if not has_settled(request.status):
        return 0
    pages = dynamodb.get_paginator("query").paginate(
        TableName=request.table,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={
            ":pk": {"S": f"MODEL#{request.model}"},
            ":sk": {"S": f"WAITING#{request.endpoint}#"},
        },
    )
    resumed = 0
    for item in [item for page in pages for item in page["Items"]]:
        resumed += send_task_success(stepfunctions, text_of(item, "task_token"))
        # No execution waits for this token any more; the condition keeps a newer token in the same item.
        _forget(dynamodb, request.table, item)
    return resumed


def _forget(dynamodb: "DynamoDBClient", table: str, item: Item) -> None:
    try:
        dynamodb.delete_item(
            TableName=table,
            Key={name: {"S": text_of(item, name)} for name in ("pk", "sk")},
            ConditionExpression="task_token = :sent",
            ExpressionAttributeValues={":sent": {"S": text_of(item, "task_token")}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
