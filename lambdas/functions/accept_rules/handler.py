"""Entry point for uploads of rules.

Valid rules become the current ones. Invalid rules never replace them, and an event about the refusal is
published.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws import embedded_metrics
from lambdas.aws.clients import client
from lambdas.functions.accept_rules import logic
from lambdas.planning.items import Item, item_of, text_of
from mdlc_constructs.settings.payloads.codec import JsonValue, decode
from mdlc_constructs.settings.payloads.decision import RulesUploadRequest
from mdlc_constructs.settings.rules import Rules
from mdlc_constructs.settings.rules_document import RulesRefusedError

if TYPE_CHECKING:
    from lambdas.planning.items import NewItem

logger = Logger(service="accept-rules")

SOURCE = "mdlc"


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Accept or refuse the uploaded rules of a `RulesUploadRequest`.

    Returns:
        `outcome`: accepted, refused, same or older.
    """
    request = decode(RulesUploadRequest, event)
    upload = logic.Upload.of(request.event)
    outcome = _outcome(request, upload)
    logger.info("rules", extra={"outcome": outcome, "api": request.api, "s3_version": upload.version_id})
    return {"outcome": outcome}


def _outcome(request: RulesUploadRequest, upload: logic.Upload) -> str:
    current = _current(request.table)
    if logic.order(upload, current) == "older":
        return "older"
    content = _content(upload)
    try:
        rules = logic.rules_in(content, request.decisions, request.columns)
    except RulesRefusedError as refused:
        detail = logic.refusal_detail(upload, request, refused)
        embedded_metrics.count(request.api, {"RulesRefused": 1}, {"message": detail["message"]})
        _publish(request, "Rules Refused", detail)
        return "refused"
    item = logic.rules_item(rules, upload, content, datetime.now(UTC).isoformat())
    outcome = _replace(request.table, upload, item, current)
    if outcome == "accepted":
        embedded_metrics.count(request.api, {"RulesAccepted": 1}, {"rules_version": rules.recorded})
        _publish(request, "Rules Accepted", _accepted_detail(request, upload, rules))
    return outcome


def _content(upload: logic.Upload) -> bytes:
    s3 = client("s3")
    if not upload.version_id:
        return logic.read_upload(s3.get_object(Bucket=upload.bucket, Key=upload.key)["Body"])
    answer = s3.get_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version_id)
    return logic.read_upload(answer["Body"])


def _replace(table: str, upload: logic.Upload, item: "NewItem", current: Item | None) -> str:
    """Replace the current item if the upload is newer; returns the outcome."""
    while True:
        order = logic.order(upload, current)
        if order == "older":
            return "older"
        if order == "same" or _put(table, item, current):
            # Written after the current item, and again when the event is repeated: if the function dies in
            # between, the repeated event writes it.
            client("dynamodb").put_item(TableName=table, Item=logic.kept_item(item))
            return "same" if order == "same" else "accepted"
        current = _current(table)


def _put(table: str, item: "NewItem", current: Item | None) -> bool:
    dynamodb = client("dynamodb")
    try:
        if current is None:
            dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        else:
            dynamodb.put_item(
                TableName=table,
                Item=item,
                ConditionExpression="s3_version = :version AND sequencer = :sequencer",
                ExpressionAttributeValues=item_of(
                    {
                        ":version": text_of(current, "s3_version"),
                        ":sequencer": text_of(current, "sequencer"),
                    }
                ),
            )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _current(table: str) -> Item | None:
    answer = client("dynamodb").get_item(TableName=table, Key=logic.key(), ConsistentRead=True)
    return answer.get("Item")


def _accepted_detail(request: RulesUploadRequest, upload: logic.Upload, rules: Rules) -> dict[str, JsonValue]:
    return {**logic.about(upload, request), "rules_version": rules.recorded}


def _publish(request: RulesUploadRequest, detail_type: str, detail: Mapping[str, JsonValue]) -> None:
    answer = client("events").put_events(
        Entries=[
            {
                "EventBusName": request.bus or "default",
                "Source": SOURCE,
                "DetailType": detail_type,
                "Detail": json.dumps(detail),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge did not take the event {detail_type}: {answer['Entries']}")
