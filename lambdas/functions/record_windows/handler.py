"""Entry point of the recorder.

Input, from the monitoring machine (`workflows/monitoring/windows.py`): `model`, `monitor`, `bucket`, `table`,
`execution` (`id`, `started_at`), `labels` (`delay_seconds`, or null), `least_rows`, and `window` as the
planner described it, with what was found since.

Who hears the event finds the window's item. It is written before, and once more with the moment when it was
announced: without that the planner takes the window for unknown, and all of this is done again. So an event
may come twice, and none is lost.
"""

import json
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.record_windows import logic
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.sources import split_uri
from mdlc_constructs.settings.monitor_metrics import NAMESPACE

logger = Logger(service="record-windows")

SOURCE, COMPLETED = "mdlc", "Monitoring Completed"

MOST_POINTS = 500
"""Of one call; CloudWatch takes 1000."""


class Unannounced(Exception):
    """EventBridge did not take the event."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Give the metrics, announce the window, keep it (see the module's documentation)."""
    window = event["window"]
    summary = _summary(window["folder"])
    found = logic.recorded(event, summary, utc_now())
    for start in range(0, len(found.data), MOST_POINTS):
        client("cloudwatch").put_metric_data(
            Namespace=NAMESPACE, MetricData=list(found.data[start : start + MOST_POINTS])
        )
    # Where an execution that was planned later was quicker, it has told more than this one knows.
    if _keep(event["table"], found.item):
        _announce(found.detail)
        _keep(event["table"], {**found.item, "announced": utc_now().isoformat(timespec="seconds")})
    logger.info("recorded", extra={"window_id": window["id"], "rows": summary["rows"]})
    return logic.answer(window, summary)


def _summary(folder: str) -> dict[str, Any]:
    if not folder:
        return dict(logic.NOTHING)
    bucket, key = split_uri(f"{folder}summary.json")
    summary: dict[str, Any] = json.loads(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return summary


def _announce(detail: Any) -> None:
    entry = {"Source": SOURCE, "DetailType": COMPLETED, "Detail": json.dumps(detail)}
    answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise Unannounced(f"EventBridge refused {COMPLETED}: {answer['Entries'][0].get('ErrorMessage')}")


def _keep(table: str, item: Any) -> bool:
    """Write the item, unless one stands that was planned later; returns whether it was written."""
    try:
        client("dynamodb").put_item(
            TableName=table,
            Item={name: {"S": value} for name, value in item.items()},
            # An execution that was planned later knew more labels.
            ConditionExpression="attribute_not_exists(planned_at) OR planned_at <= :planned_at",
            ExpressionAttributeValues={":planned_at": {"S": item["planned_at"]}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        logger.info("superseded", extra={"sk": item["sk"]})
        return False
    return True
