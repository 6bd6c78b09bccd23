"""Conditional writes, which another function's may come before."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

LOST = {"None", "ConditionalCheckFailed", "TransactionConflict"}
"""Why a transaction was canceled that lost a race."""


def try_transaction(dynamodb: "DynamoDBClient", writes: "Sequence[TransactWriteItemTypeDef]") -> bool:
    """Write in one transaction; False when its conditions, or another transaction, stood against it."""
    try:
        dynamodb.transact_write_items(TransactItems=writes)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        # The type of an error's response does not know what one operation adds to it.
        reasons = cast("Sequence[Mapping[str, str]]", error.response.get("CancellationReasons", []))
        if not reasons or {reason["Code"] for reason in reasons} - LOST:
            raise
        return False
    return True


def try_update(dynamodb: "DynamoDBClient", update: "UpdateTypeDef") -> bool:
    """Update an item; False when the update's condition stood against it."""
    try:
        dynamodb.update_item(**update)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
