"""Converts rows to DynamoDB items and to EventBridge events. Pure functions."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from mdlc_constructs.settings.delivery import EXPIRES
from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.job_plan import DeliverySection
from mdlc_constructs.settings.payloads.tasks import TASK_COLUMNS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutItemInputTypeDef
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef, PutEventsResponseTypeDef

SOURCE = "mdlc"
MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
"""Limits of one PutEvents request.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
"""

MIN_NUMBER = 1e-130
"""The smallest positive number that DynamoDB accepts.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

REPLACES = "attribute_not_exists(#key) OR predicted_at <= :predicted_at"
"""Keeps a newer prediction. The same run's prediction is written again, which changes nothing."""

PASSING = (
    *("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"),
    *("InternalServerError", "ServiceUnavailable"),
)
"""DynamoDB's temporary errors: a table's capacity scales with the writes to it, within minutes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

Row = Mapping[str, JsonValue]
"""A prediction, as the output check's job writes it for the delivery."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What all rows of a batch share: their model, their run and the delivery's settings."""

    model: str
    run: str
    delivery: DeliverySection


def rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a file of JSON lines."""
    for line in lines:
        if line.strip():
            yield json.loads(line)


def put(batch: Batch, row: Row) -> "PutItemInputTypeDef":
    """The PutItem request for a row; it fails when the table has a newer prediction."""
    delivery = batch.delivery
    item: dict[str, JsonValue] = {name: row[name] for name in delivery.columns}
    item |= {"score": row["score"], "predicted_at": row["predicted_at"], "run": batch.run, **_of_task(row)}
    if delivery.keep_seconds is not None:
        predicted = datetime.fromisoformat(row["predicted_at"]).timestamp()
        item[EXPIRES] = math.ceil(predicted) + delivery.keep_seconds
    item[delivery.key] = row["key"]
    return {
        "TableName": delivery.table,
        "Item": {name: _value(value) for name, value in item.items() if value is not None},
        "ConditionExpression": REPLACES,
        "ExpressionAttributeNames": {"#key": delivery.key},
        "ExpressionAttributeValues": {":predicted_at": {"S": row["predicted_at"]}},
    }


def _of_task(row: Row) -> dict[str, JsonValue]:
    """What rows of the task have besides the score, such as classes and probabilities, or a vector."""
    return {name: row[name] for names in TASK_COLUMNS.values() for name in names if name in row}


def _value(value: JsonValue) -> "AttributeValueTypeDef":
    if isinstance(value, Mapping):
        return {"M": {name: _value(inner) for name, inner in value.items()}}
    if isinstance(value, list):
        return {"L": [_value(inner) for inner in value]}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, float):
        # With the digits of its repr: a float has up to 17, and DynamoDB stores 38.
        return {"N": str(Decimal(repr(value))) if abs(value) >= MIN_NUMBER else "0"}
    return {"N": str(value)}


def entry(batch: Batch, row: Row) -> "PutEventsRequestEntryTypeDef":
    """The PutEvents entry of a row."""
    detail = {
        "model": batch.model,
        "run": batch.run,
        "inference_id": row["inference_id"],
        "score": row["score"],
        "predicted_at": row["predicted_at"],
        **_of_task(row),
        **{name: row[name] for name in batch.delivery.columns},
    }
    return {
        "Source": SOURCE,
        "DetailType": batch.delivery.detail_type,
        "Detail": json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
    }


def requests(
    entries: "Iterable[PutEventsRequestEntryTypeDef]",
) -> "Iterator[list[PutEventsRequestEntryTypeDef]]":
    """The entries in order, grouped into lists that fit into one PutEvents request."""
    waiting: list[PutEventsRequestEntryTypeDef] = []
    size = 0
    for event in entries:
        bytes_ = sum(len(str(text).encode()) for text in event.values())
        if waiting and (len(waiting) == MAX_ENTRIES or size + bytes_ > MAX_BYTES):
            yield waiting
            waiting, size = [], 0
        waiting.append(event)
        size += bytes_
    if waiting:
        yield waiting


def refused(
    entries: "Sequence[PutEventsRequestEntryTypeDef]", answer: "PutEventsResponseTypeDef"
) -> "tuple[list[PutEventsRequestEntryTypeDef], str]":
    """The entries that the bus refused, and the first reason; empty without refusals."""
    if not answer.get("FailedEntryCount"):
        return [], ""
    left = [
        (event, result)
        for event, result in zip(entries, answer["Entries"], strict=True)
        if result.get("ErrorCode")
    ]
    reasons = [f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}" for _, result in left]
    return [event for event, _ in left], reasons[0] if reasons else ""
