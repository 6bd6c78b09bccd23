"""Reads and writes DynamoDB items: every attribute as text, whether it is stored as a string or a number."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    NewItem: TypeAlias = dict[str, AttributeValueTypeDef]
    """An item or a key to send to DynamoDB."""

Item: TypeAlias = Mapping[str, Mapping[str, object]]
"""An item in DynamoDB JSON: `{"name": {"S": "text"}}`."""


def text_of(item: Item, name: str, default: str = "") -> str:
    """One attribute as text; the default when the item does not have it."""
    value = item.get(name)
    return default if value is None else str(next(iter(value.values())))


def texts_of(item: Item) -> dict[str, str]:
    """All attributes as texts."""
    return {name: text_of(item, name) for name in item}


def number_of(item: Item, name: str, default: int = 0) -> int:
    """One attribute as a whole number; the default when the item does not have it, or it is empty."""
    return int(text_of(item, name) or default)


def item_of(texts: Mapping[str, str]) -> "NewItem":
    """An item whose attributes are all strings."""
    return {name: {"S": text} for name, text in texts.items()}


def audit_key(model: str, sort_key: str) -> "NewItem":
    """The key of one of a model's items in the audit table."""
    return item_of({"pk": f"MODEL#{model}", "sk": sort_key})
