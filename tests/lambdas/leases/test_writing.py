"""What lost a race is told from what failed."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.leases.writing import try_transaction, try_update
from tests.lambdas.dynamodb import FakeDynamoDB, canceled
from tests.lambdas.fakes import client_error

PUT: Any = {"Put": {"TableName": "audit", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}
UPDATE: Any = {
    "TableName": "audit",
    "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}},
    "UpdateExpression": "SET kept = :kept",
    "ExpressionAttributeValues": {":kept": {"S": "c"}},
}


def table(error: ClientError | None = None) -> FakeDynamoDB:
    def fails(call: str) -> None:
        if error is not None:
            raise error

    made = FakeDynamoDB()
    made.before = fails
    return made


WRITE: list[Callable[[FakeDynamoDB], bool]] = [
    lambda dynamodb: try_transaction(dynamodb, [PUT]),
    lambda dynamodb: try_update(dynamodb, UPDATE),
]


@pytest.mark.parametrize("write", WRITE)
def test_what_was_written_is_there(write: Callable[[FakeDynamoDB], bool]) -> None:
    dynamodb = table()
    assert write(dynamodb)
    assert ("a", "b") in dynamodb.items


@pytest.mark.parametrize(
    ("write", "lost"),
    [
        (WRITE[0], canceled("None", "ConditionalCheckFailed")),
        (WRITE[0], canceled("TransactionConflict")),
        (WRITE[1], client_error("ConditionalCheckFailedException", "it is there", "UpdateItem")),
    ],
)
def test_who_lost_a_race_is_told(write: Callable[[FakeDynamoDB], bool], lost: ClientError) -> None:
    assert not write(table(lost))


@pytest.mark.parametrize(
    ("write", "failed"),
    [
        (WRITE[0], canceled("ConditionalCheckFailed", "ThrottlingError")),
        (WRITE[0], canceled()),
        (WRITE[0], client_error("AccessDeniedException", "no")),
        (WRITE[1], client_error("AccessDeniedException", "no")),
    ],
)
def test_a_failure_is_none(write: Callable[[FakeDynamoDB], bool], failed: ClientError) -> None:
    with pytest.raises(ClientError) as raised:
        write(table(failed))
    assert raised.value is failed
