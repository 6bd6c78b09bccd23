"""Tasks on DynamoDB items, by the optimized integration where it exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import use_key
from mdlc_constructs.tasks.requests import present

Item = Mapping[str, object]
"""DynamoDB values by attribute name, such as `{"S": "text"}` or `{"N": "{% $string($count) %}"}`."""


def get_item(
    name: str,
    *,
    table_name: str,
    table_arn: str,
    key: Item,
    consistent: bool = True,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that reads an item; its result holds it as `Item`, unless it does not exist."""
    request = {"TableName": table_name, "Key": key, "ConsistentRead": consistent}
    return _on_table(name, "getItem", table_arn, request, kms_key_arn, state)


def put_item(
    name: str,
    *,
    table_name: str,
    table_arn: str,
    item: Item | str,
    condition: str | None = None,
    names: Mapping[str, str] | None = None,
    values: Item | None = None,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that writes or replaces an item, which may be a JSONata expression.

    When `condition` (such as `attribute_not_exists(pk)`) does not hold, the task fails with
    `DynamoDB.ConditionalCheckFailedException`. `names` and `values` define its `#name` and `:value`
    placeholders.
    """
    request = {
        "TableName": table_name,
        "Item": item,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return _on_table(name, "putItem", table_arn, present(request), kms_key_arn, state)


def update_item(
    name: str,
    *,
    table_name: str,
    table_arn: str,
    key: Item,
    update: str,
    condition: str | None = None,
    names: Mapping[str, str] | None = None,
    values: Item | None = None,
    return_values: str | None = None,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that changes attributes of an item by an update expression, such as `SET #s = :s`."""
    request = {
        "TableName": table_name,
        "Key": key,
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValues": return_values,
    }
    return _on_table(name, "updateItem", table_arn, present(request), kms_key_arn, state)


def transact_write_items(
    name: str,
    *,
    items: Sequence[Mapping[str, Mapping[str, object]]],
    table_arns: Sequence[str],
    client_request_token: str | None = None,
    kms_key_arn: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that makes 1 to 100 writes in one transaction: all or none.

    Each write is `{"Put" | "Update" | "Delete" | "ConditionCheck": ...}`. When the task is repeated with the
    same `client_request_token` within ten minutes, it writes only once. Its error names begin with
    `DynamoDb.`. Raises ValueError for a write of another kind.
    """
    if not 1 <= len(items) <= 100:
        raise ValueError(f"items holds {len(items)} writes; give 1 to 100.")
    kinds = {kind for item in items for kind in item}
    unknown = kinds - _PERMISSIONS.keys()
    if unknown:
        raise ValueError(f"items holds the writes {sorted(unknown)}; use {', '.join(sorted(_PERMISSIONS))}.")
    actions = tuple(sorted(f"dynamodb:{_PERMISSIONS[kind]}" for kind in kinds))
    request = {"TransactItems": list(items), "ClientRequestToken": client_request_token}
    return integration(
        name,
        service="aws-sdk:dynamodb",
        action="transactWriteItems",
        arguments=present(request),
        statements=(
            Statement(actions=actions, resources=tuple(table_arns)),
            *use_key(kms_key_arn, "dynamodb"),
        ),
        **state,
    )


_PERMISSIONS: Mapping[str, str] = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def _on_table(
    name: str,
    action: str,
    table_arn: str,
    request: Mapping[str, object],
    kms_key_arn: str | None,
    state: StateOptions,
) -> Task:
    permission = f"dynamodb:{action[:1].upper()}{action[1:]}"
    return integration(
        name,
        service="dynamodb",
        action=action,
        arguments=request,
        statements=(
            Statement(actions=(permission,), resources=(table_arn,)),
            *use_key(kms_key_arn, "dynamodb"),
        ),
        **state,
    )
