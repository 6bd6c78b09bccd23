"""The audit table's keys and the items planning reads. `docs/contracts.md` is the schema in words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

MONITORS = ("endpoint", "batch")

LOOKED_AT = 200
"""Windows that are read from the last one back, for one that has labels."""

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


def labels_known_until(dynamodb: Any, table: str, model: str, now: datetime) -> list[datetime]:
    """Up to when labels were found in the last window of each monitor that has any."""
    found = list[datetime]()
    for monitor in MONITORS:
        answer: Mapping[str, Any] = dynamodb.query(
            TableName=table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={
                ":pk": {"S": f"MODEL#{model}"},
                ":sk": {"S": f"WINDOW#{monitor}#"},
            },
            ScanIndexForward=False,
            Limit=LOOKED_AT,
        )
        texts = [item.get("labelled_until", {"S": ""})["S"] for item in answer["Items"]]
        moments = [in_utc(text) for text in texts if text]
        found += [moment for moment in moments if moment < now][:1]
    return found


def in_utc(text: str) -> datetime:
    """A moment of ISO 8601; one without a time zone is in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def run_of(dynamodb: Any, table: str, model: str, run: str) -> dict[str, str] | None:
    """What a finished run of the same digest left, or None. Numbers come back as text, ready for JSON."""
    item = _item(dynamodb, table, model, f"RUN#{run}")
    return {name: str(value) for name, value in item.items()} if item else None


def experiment_of(dynamodb: Any, table: str, model: str, endpoint: str) -> dict[str, str] | None:
    """The experiment that is noted for an endpoint, or None. All values are texts."""
    item = _item(dynamodb, table, model, f"EXPERIMENT#{endpoint}")
    return {name: str(value) for name, value in item.items()} if item else None
