"""The windows that the audit table holds, and when a monitor's first one began."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.functions.plan_monitoring.windows import Recorded, Window


def recorded(dynamodb: Any, *, table: str, model: str, monitor: str, since: datetime) -> tuple[Recorded, ...]:
    """The windows of a monitor that began since then, in the order of time."""
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
        _of({name: str(next(iter(value.values()))) for name, value in item.items()}, prefix)
        for page in pages
        for item in page["Items"]
    )


def _of(item: Mapping[str, str], prefix: str) -> Recorded:
    # What nobody was told of is done again, as if it were new.
    known = bool(item.get("announced"))
    return Recorded(
        window=Window.of_id(item["sk"].removeprefix(prefix)),
        digest=item["digest"] if known else "",
        served_version=item.get("served_version", "") if known else "",
        labels_version=item.get("labels_version", ""),
        version=int(item["version"]) if item.get("version") else None,
        rows=int(item["rows"]),
        coverage=float(item["coverage"]) if item.get("coverage") else None,
        folder=item.get("report", "").removesuffix("report.json"),
        consistency=item.get("consistency", ""),
        planned_at=item.get("planned_at", ""),
        computed_at=item.get("computed_at", ""),
    )


def begun(dynamodb: Any, *, table: str, model: str, monitor: str, first: datetime) -> datetime:
    """When the monitor's first window began.

    The first start notes it before anything else, because a window that fails leaves no item: without the
    note nothing would say that it was ever there.

    Args:
        first: what is noted where nothing is yet.
    """
    key = {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": f"MONITOR#{monitor}"}}
    noted = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if noted:
        return datetime.fromisoformat(noted["begun"]["S"])
    texts = {"schema_version": "1", "model": model, "monitor": monitor, "begun": first.isoformat()}
    try:
        dynamodb.put_item(
            TableName=table,
            Item={**key, **{name: {"S": text} for name, text in texts.items()}},
            ConditionExpression="attribute_not_exists(sk)",
        )
    except ClientError as error:
        # Another start was first, within a second: at the same window, or at the one before.
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
    return first
