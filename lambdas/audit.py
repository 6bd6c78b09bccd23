"""The audit table's keys and the items planning reads. `docs/contracts.md` is the schema in words."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

_deserialize = TypeDeserializer().deserialize


def _item(dynamodb: Any, table: str, model: str, sort_key: str) -> dict[str, Any] | None:
    answer: Mapping[str, Any] = dynamodb.get_item(
        TableName=table,
        Key={"pk": {"S": f"MODEL#{model}"}, "sk": {"S": sort_key}},
        ConsistentRead=True,
    )
    item = answer.get("Item")
    return {name: _deserialize(value) for name, value in item.items()} if item else None


def champion_of(dynamodb: Any, table: str, model: str) -> dict[str, Any] | None:
    """The champion pointer: the package version whose answers are in use, or None before the first."""
    return _item(dynamodb, table, model, "CHAMPION")


def champion_version(dynamodb: Any, table: str, model: str) -> str:
    """The champion's version as text, or nothing before the first."""
    pointer = champion_of(dynamodb, table, model)
    return str(pointer["version"]) if pointer else ""


def run_of(dynamodb: Any, table: str, model: str, run: str) -> dict[str, str] | None:
    """What a finished run of the same digest left, or None. Numbers come back as text, ready for JSON."""
    item = _item(dynamodb, table, model, f"RUN#{run}")
    return {name: str(value) for name, value in item.items()} if item else None


def experiment_of(dynamodb: Any, table: str, model: str, endpoint: str) -> dict[str, str] | None:
    """The experiment that is noted for an endpoint, or None. All values are texts."""
    item = _item(dynamodb, table, model, f"EXPERIMENT#{endpoint}")
    return {name: str(value) for name, value in item.items()} if item else None
