"""Rows as items and as events: pure."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mdlc_constructs.settings.delivery import EXPIRES

SOURCE = "mdlc"
MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024
"""What one PutEvents request takes.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
"""

SMALLEST = 1e-130
"""DynamoDB refuses numbers nearer to zero, zero aside.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

REPLACES = "attribute_not_exists(#key) OR predicted_at <= :predicted_at"
"""A newer answer stays. The same run's own is written again, which changes nothing."""

PASSING = (
    *("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"),
    *("InternalServerError", "ServiceUnavailable"),
)
"""DynamoDB's errors that pass: a table grows with what is written to it, within minutes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is the same for all rows of a batch: whose they are and how they are delivered."""

    model: str
    run: str
    delivery: Mapping[str, Any]


def rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a file of JSON lines."""
    for line in lines:
        if line.strip():
            yield json.loads(line)


def put(batch: Batch, row: Row) -> dict[str, Any]:
    """The PutItem request that makes a row an item, unless a newer answer is there."""
    about = batch.delivery
    item: dict[str, Any] = {name: row[name] for name in about["columns"]}
    item |= {"score": row["score"], "predicted_at": row["predicted_at"], "run": batch.run}
    if about["keep_seconds"] is not None:
        predicted = datetime.fromisoformat(row["predicted_at"]).timestamp()
        item[EXPIRES] = math.ceil(predicted) + about["keep_seconds"]
    item[about["key"]] = row["key"]
    return {
        "TableName": about["table"],
        "Item": {name: _value(value) for name, value in item.items() if value is not None},
        "ConditionExpression": REPLACES,
        "ExpressionAttributeNames": {"#key": about["key"]},
        "ExpressionAttributeValues": {":predicted_at": {"S": row["predicted_at"]}},
    }


def _value(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, float):
        # By its digits: a float's own have up to 17, and DynamoDB keeps 38.
        return {"N": str(Decimal(repr(value))) if abs(value) >= SMALLEST else "0"}
    return {"N": str(value)}


def entry(batch: Batch, row: Row) -> dict[str, str]:
    """The event of a row."""
    detail = {
        "model": batch.model,
        "run": batch.run,
        "inference_id": row["inference_id"],
        "score": row["score"],
        "predicted_at": row["predicted_at"],
        **{name: row[name] for name in batch.delivery["columns"]},
    }
    return {
        "Source": SOURCE,
        "DetailType": batch.delivery["detail_type"],
        "Detail": json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
    }


def requests(entries: Iterable[Mapping[str, str]]) -> Iterator[list[Mapping[str, str]]]:
    """The entries in order, as many a request as it takes."""
    waiting: list[Mapping[str, str]] = []
    size = 0
    for one in entries:
        bytes_ = sum(len(text.encode()) for text in one.values())
        if waiting and (len(waiting) == MOST_ENTRIES or size + bytes_ > MOST_BYTES):
            yield waiting
            waiting, size = [], 0
        waiting.append(one)
        size += bytes_
    if waiting:
        yield waiting


def refused(
    entries: Sequence[Mapping[str, str]], answer: Mapping[str, Any]
) -> tuple[list[Mapping[str, str]], str]:
    """The entries that the bus did not take, and the first reason."""
    if not answer.get("FailedEntryCount"):
        return [], ""
    left = [
        (one, said) for one, said in zip(entries, answer["Entries"], strict=True) if said.get("ErrorCode")
    ]
    reasons = [f"{said['ErrorCode']}: {said.get('ErrorMessage', '')}" for _, said in left]
    return [one for one, _ in left], reasons[0] if reasons else ""
