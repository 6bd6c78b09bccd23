"""The action behind "rebook": a row for the agent at the desk, one a request however often it is called."""

import os
from typing import Any

import boto3


def handler(event: dict[str, Any], context: object) -> None:
    """Called with the decision, by its `request_id`; the same id writes the same row again."""
    boto3.client("dynamodb").put_item(
        TableName=os.environ["REBOOKINGS"],
        Item={
            "request_id": {"S": event["request_id"]},
            "flight_id": {"S": str(event["row"].get("flight_id"))},
            "score": {"S": str(event["score"])},
            "at": {"S": event["at"]},
        },
    )
