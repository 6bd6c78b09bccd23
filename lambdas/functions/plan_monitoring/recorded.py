"""Reads the windows recorded in the audit table, and when a monitor's first one began."""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.functions.plan_monitoring.windows import Window, WindowRecord
from lambdas.planning.items import audit_key, item_of, text_of, texts_of
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.monitoring import WindowItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def window_records(
    dynamodb: "DynamoDBClient", *, table: str, model: str, monitor: str, since: datetime
) -> tuple[WindowRecord, ...]:
    """A monitor's recorded windows that began at `since` or later, in the order of time."""
    prefix = f"WINDOW#{monitor}#"
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
        ExpressionAttributeValues={
            ":pk": {"S": f"MODEL#{model}"},
            ":low": {"S": f"{prefix}{since:%Y%m%dT%H%M%SZ}"},
            ":high": {"S": f"{prefix}~"},
        },
        ConsistentRead=True,
    )
    return tuple(
        _record(decode(WindowItem, texts_of(item)), prefix) for page in pages for item in page["Items"]
    )


def _record(item: WindowItem, prefix: str) -> WindowRecord:
    # A window whose event was not published is done again, as if it were new.
    known = bool(item.announced)
    return WindowRecord(
        window=Window.of_id(item.sk.removeprefix(prefix)),
        digest=item.digest if known else "",
        served_version=item.served_version if known else "",
        labels_version=item.labels_version,
        version=int(item.version) if item.version else None,
        rows=int(item.rows),
        coverage=float(item.coverage) if item.coverage else None,
        folder=item.report.removesuffix("report.json"),
        consistency=item.consistency,
        planned_at=item.planned_at,
        computed_at=item.computed_at,
    )


def monitoring_since(
    dynamodb: "DynamoDBClient", *, table: str, model: str, monitor: str, first: datetime
) -> datetime:
    """When the monitor's first window began.

    The first execution records it before anything else: a window that fails leaves no item, so that later
    executions would not know that it is missing.

    Args:
        first: the time to record when none is recorded yet.
    """
    key = audit_key(model, f"MONITOR#{monitor}")
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if item:
        return datetime.fromisoformat(text_of(item, "begun"))
    texts = {"schema_version": "1", "model": model, "monitor": monitor, "begun": first.isoformat()}
    try:
        dynamodb.put_item(
            TableName=table, Item={**key, **item_of(texts)}, ConditionExpression="attribute_not_exists(sk)"
        )
    except ClientError as error:
        # Another execution recorded it at about the same time: the same window, or the one before.
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
    return first
