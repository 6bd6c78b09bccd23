"""Entry point of the rules' acceptance: a file of rules was uploaded.

The event's rule hands over `api`, `model`, `table`, `bus`, `decisions` and `columns` (what rules may name),
and of S3's event `bucket`, `key`, `version_id`, `sequencer` and `at`. Good rules become the current ones;
others never replace them, but are announced.
"""

import json
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws import embedded_metrics
from lambdas.aws.clients import client
from lambdas.functions.accept_rules import logic
from mdlc_constructs.settings.rules import Rules
from mdlc_constructs.settings.rules_document import RulesRefusedError

logger = Logger(service="accept-rules")

SOURCE = "mdlc"


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Accept or refuse the uploaded rules. Says which: accepted, refused, same or older."""
    upload = logic.Upload(
        bucket=event["bucket"],
        key=event["key"],
        version_id=event.get("version_id") or "",
        sequencer=event.get("sequencer") or "",
        written_at=event["at"],
    )
    outcome = _outcome(event, upload)
    logger.info("rules", extra={"outcome": outcome, "api": event["api"], "s3_version": upload.version_id})
    return {"outcome": outcome}


def _outcome(event: dict[str, Any], upload: logic.Upload) -> str:
    dynamodb = client("dynamodb")
    current = _current(dynamodb, event["table"])
    if logic.order(upload, current) == "older":
        return "older"
    version = {"VersionId": upload.version_id} if upload.version_id else {}
    content = logic.read_upload(
        client("s3").get_object(Bucket=upload.bucket, Key=upload.key, **version)["Body"]
    )
    try:
        rules = logic.rules_in(content, event["decisions"], event["columns"])
    except RulesRefusedError as refused:
        detail = logic.refusal_detail(upload, event, refused)
        embedded_metrics.count(event["api"], {"RulesRefused": 1}, {"message": detail["message"]})
        _announce(event, "Rules Refused", detail)
        return "refused"
    item = logic.item_of(rules, upload, content, datetime.now(UTC).isoformat())
    outcome = _replace(dynamodb, event["table"], upload, item, current)
    if outcome == "accepted":
        embedded_metrics.count(event["api"], {"RulesAccepted": 1}, {"rules_version": rules.recorded})
        _announce(event, "Rules Accepted", _accepted_detail(event, upload, rules))
    return outcome


def _replace(
    dynamodb: Any, table: str, upload: logic.Upload, item: dict[str, Any], current: dict[str, Any] | None
) -> str:
    """Put the item in the place of the current one, as long as it is newer than what stands there."""
    while True:
        standing = logic.order(upload, current)
        if standing == "older":
            return "older"
        if standing == "same" or _put(dynamodb, table, item, current):
            # After the current ones, and again when the event comes twice: whoever dies between leaves the
            # second writing to the repeat.
            dynamodb.put_item(TableName=table, Item=logic.kept_item(item))
            return "same" if standing == "same" else "accepted"
        current = _current(dynamodb, table)


def _put(dynamodb: Any, table: str, item: dict[str, Any], current: dict[str, Any] | None) -> bool:
    condition: dict[str, Any] = (
        {"ConditionExpression": "attribute_not_exists(pk)"}
        if current is None
        else {
            "ConditionExpression": "s3_version = :version AND sequencer = :sequencer",
            "ExpressionAttributeValues": {
                ":version": current["s3_version"],
                ":sequencer": current["sequencer"],
            },
        }
    )
    try:
        dynamodb.put_item(TableName=table, Item=item, **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _current(dynamodb: Any, table: str) -> dict[str, Any] | None:
    answer = dynamodb.get_item(TableName=table, Key=logic.key(), ConsistentRead=True)
    item: dict[str, Any] | None = answer.get("Item")
    return item


def _accepted_detail(event: dict[str, Any], upload: logic.Upload, rules: Rules) -> dict[str, Any]:
    return {
        "model": event["model"],
        "api": event["api"],
        "source": f"s3://{upload.bucket}/{upload.key}",
        "s3_version": upload.version_id,
        "rules_version": rules.recorded,
    }


def _announce(event: dict[str, Any], detail_type: str, detail: dict[str, Any]) -> None:
    answer = client("events").put_events(
        Entries=[
            {
                "EventBusName": event.get("bus") or "default",
                "Source": SOURCE,
                "DetailType": detail_type,
                "Detail": json.dumps(detail),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge did not take the event {detail_type}: {answer['Entries']}")
