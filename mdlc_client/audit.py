"""Reads the audit table: what was trained, scored and decided, when and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mdlc_client.aws import AwsClients

EXECUTION_PREFIX = "EXECUTION#"
TRIGGER_PREFIX, WINDOW_PREFIX = "TRIGGER#", "WINDOW#"
MODEL_PREFIX = "MODEL#"

Item = dict[str, Any]


def items(aws: AwsClients, table: str, *, model: str | None = None) -> list[Item]:
    """All items of the audit table, or those of one model, as plain values."""
    from boto3.dynamodb.types import TypeDeserializer

    client = aws.client("dynamodb")
    if model is None:
        pages = client.get_paginator("scan").paginate(TableName=table)
    else:
        pages = client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :model",
            ExpressionAttributeValues={":model": {"S": MODEL_PREFIX + model}},
        )
    plain = TypeDeserializer().deserialize
    return [{name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def scanned(aws: AwsClients, table: str) -> Iterator[Item]:
    """All items of a table, page by page, as plain values."""
    from boto3.dynamodb.types import TypeDeserializer

    plain = TypeDeserializer().deserialize
    for page in aws.client("dynamodb").get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            yield {name: plain(value) for name, value in item.items()}


def executions(items: Iterable[Item]) -> list[Item]:
    """The items of executions, newest first."""
    chosen = [item for item in items if str(item["sk"]).startswith(EXECUTION_PREFIX)]
    return sorted(chosen, key=lambda item: str(item["sk"]), reverse=True)


def champions(items: Iterable[Item]) -> dict[str, Item]:
    """Each model's champion pointer."""
    return {
        str(item["pk"]).removeprefix(MODEL_PREFIX): item for item in items if str(item["sk"]) == "CHAMPION"
    }


def parsed(value: Any) -> Any:
    """The value of a JSON text; None for an invalid text and for a value that is not a string."""
    try:
        return json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None


def plain(value: Any) -> Any:
    """A JSON value for DynamoDB's types that JSON lacks: numbers (Decimal) and sets."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    number = float(value)
    return int(number) if number.is_integer() else number
