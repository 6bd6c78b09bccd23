"""Conditional writes, which somebody else's may come before."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

LOST = {"None", "ConditionalCheckFailed", "TransactionConflict"}
"""Why a transaction was canceled that lost a race."""


def written(dynamodb: Any, writes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a transaction went through; False when its conditions, or another one, stood against it."""
    try:
        dynamodb.transact_write_items(TransactItems=writes)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        reasons: Any = error.response.get("CancellationReasons", [])
        if not reasons or {reason["Code"] for reason in reasons} - LOST:
            raise
        return False
    return True


def updated(dynamodb: Any, **update: Any) -> bool:
    """Whether an item was updated; False when the update's condition stood against it."""
    try:
        dynamodb.update_item(**update)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
