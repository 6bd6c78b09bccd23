"""The probe's two functions: one for its machine, one behind its custom resource."""

import json
import os
import urllib.request
from typing import Any

import boto3


class TransientError(Exception):
    pass


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Fails the first time it is called."""
    dynamodb = boto3.client("dynamodb")
    counted = dynamodb.update_item(
        TableName=os.environ["TABLE"],
        Key={"pk": {"S": "calls"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    if counted["Attributes"]["n"]["N"] == "1":
        raise TransientError("not yet")
    return {"version": os.environ["VERSION"]}


def custom(event: dict[str, Any], context: object) -> None:
    """Answers CloudFormation, and keeps what it was asked."""
    properties = event["ResourceProperties"]
    boto3.client("dynamodb").put_item(
        TableName=properties["Table"],
        Item={"pk": {"S": f"custom#{event['RequestType']}"}, "version": {"S": properties["Version"]}},
    )
    refused = properties["Version"] == "refused" and event["RequestType"] != "Delete"
    answer = {
        "Status": "FAILED" if refused else "SUCCESS",
        "Reason": "refused on purpose",
        "PhysicalResourceId": event.get("PhysicalResourceId", "made"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Said": f"{event['RequestType']} {properties['Version']}"},
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""}
    )
    urllib.request.urlopen(request)
