"""Conditional DynamoDB writes that return False when another function wrote first."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

LOST = {"None", "ConditionalCheckFailed", "TransactionConflict"}
"""Cancellation reasons of a transaction that failed because another function wrote first."""


def try_transaction(dynamodb: "DynamoDBClient", writes: "Sequence[TransactWriteItemTypeDef]") -> bool:
    """Write in one transaction; False when a condition failed or another transaction conflicted."""
    try:
        dynamodb.transact_write_items(TransactItems=writes)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        # The type stubs lack the fields that single operations add to an error's response.
        reasons = cast("Sequence[Mapping[str, str]]", error.response.get("CancellationReasons", []))
        if not reasons or {reason["Code"] for reason in reasons} - LOST:
            raise
        return False
    return True


def try_update(dynamodb: "DynamoDBClient", update: "UpdateTypeDef") -> bool:
    """Update an item; False when the update's condition failed."""
    try:
        dynamodb.update_item(**update)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
