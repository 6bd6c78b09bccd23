"""Entry point of the recorder: writes a window's metrics and its audit item, and publishes its event.

The item is written before the event, so that receivers of the event can read it, and again with the time at
which the event was published (`announced`). Without that time, the planner computes the window again. So an
event may be published twice, but is never lost.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.record_windows import logic
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.items import item_of
from lambdas.planning.sources import split_uri
from mdlc_constructs.settings.monitor_metrics import NAMESPACE
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.monitoring import (
    MonitoringCompleted,
    RecordRequest,
    RecordResult,
    WindowItem,
    WindowSummary,
)

logger = Logger(service="record-windows")

SOURCE, COMPLETED = "mdlc", "Monitoring Completed"

MAX_POINTS = 500
"""Data points per PutMetricData call; CloudWatch accepts 1000."""


class Unannounced(Exception):
    """EventBridge refused the event. The class name is the error's name in Step Functions."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Record a window: from a `RecordRequest` to a `RecordResult`."""
    request = decode(RecordRequest, event)
    window = request.window
    summary = _summary(window.folder)
    outputs = logic.window_outputs(request, summary, utc_now())
    for start in range(0, len(outputs.data), MAX_POINTS):
        client("cloudwatch").put_metric_data(
            Namespace=NAMESPACE, MetricData=list(outputs.data[start : start + MAX_POINTS])
        )
    # If an execution that was planned later has written the item already, its event has newer results.
    if _keep(request.table, outputs.item):
        _publish(outputs.detail)
        _keep(request.table, replace(outputs.item, announced=utc_now().isoformat(timespec="seconds")))
    logger.info("recorded", extra={"window_id": window.id, "rows": summary.rows})
    return encode(RecordResult(id=window.id, rows=summary.rows, drifted=summary.drifted))


def _summary(folder: str) -> WindowSummary:
    """The monitor job's summary, or the summary of a window without rows when there is no folder."""
    if not folder:
        return WindowSummary()
    bucket, key = split_uri(f"{folder}summary.json")
    body = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return decode(WindowSummary, json.loads(body), where="summary.json")


def _publish(detail: MonitoringCompleted) -> None:
    answer = client("events").put_events(
        Entries=[{"Source": SOURCE, "DetailType": COMPLETED, "Detail": json.dumps(encode(detail))}]
    )
    if answer["FailedEntryCount"]:
        raise Unannounced(f"EventBridge refused {COMPLETED}: {answer['Entries'][0].get('ErrorMessage')}")


def _keep(table: str, item: WindowItem) -> bool:
    """Write the item, unless one stands that was planned later; returns whether it was written."""
    try:
        client("dynamodb").put_item(
            TableName=table,
            Item=item_of(encode(item)),
            # An execution that was planned later knew more labels.
            ConditionExpression="attribute_not_exists(planned_at) OR planned_at <= :planned_at",
            ExpressionAttributeValues={":planned_at": {"S": item.planned_at}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        logger.info("superseded", extra={"sk": item.sk})
        return False
    return True
