"""Reads the audit table: what was trained, scored and decided, when and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mdlc_cli.target import Target

EXECUTION_PREFIX = "EXECUTION#"
TRIGGER_PREFIX, WINDOW_PREFIX = "TRIGGER#", "WINDOW#"
MODEL_PREFIX = "MODEL#"

COLUMNS = ("started_at", "model", "workflow", "outcome", "error", "version", "run", "trigger", "reason")
"""The columns of the table, in this order; ``--json`` shows all attributes."""

Item = dict[str, Any]


def items(target: Target, table: str, *, model: str | None = None) -> list[Item]:
    """All items of the audit table, or those of one model, as plain values."""
    from boto3.dynamodb.types import TypeDeserializer

    client = target.client("dynamodb")
    if model is None:
        pages = client.get_paginator("scan").paginate(TableName=table)
    else:
        pages = client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :model",
            ExpressionAttributeValues={":model": {"S": MODEL_PREFIX + model}},
        )
    plain = TypeDeserializer().deserialize
    return [{name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def executions(items: Iterable[Item]) -> list[Item]:
    """The items of executions, newest first."""
    chosen = [item for item in items if str(item["sk"]).startswith(EXECUTION_PREFIX)]
    return sorted(chosen, key=lambda item: str(item["sk"]), reverse=True)


def champions(items: Iterable[Item]) -> dict[str, Item]:
    """Each model's champion pointer."""
    return {
        str(item["pk"]).removeprefix(MODEL_PREFIX): item for item in items if str(item["sk"]) == "CHAMPION"
    }


def rows(items: Sequence[Item]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Column names and rows for a table, with those of `COLUMNS` that any item has."""
    shortened = [{**item, **_derived(item)} for item in items]
    columns = tuple(name for name in COLUMNS if any(item.get(name) not in (None, "") for item in shortened))
    return columns, [tuple(shown(item.get(name)) for name in columns) for item in shortened]


def shown(value: object) -> str:
    """A value as a table cell."""
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, Mapping | list) else str(value)


def as_json(items: Sequence[Item]) -> str:
    """The items as JSON, with DynamoDB's numbers as JSON numbers."""
    return json.dumps(items, indent=2, sort_keys=True, default=plain)


def _derived(item: Item) -> Item:
    """Attributes that the table shows in a shorter form: the start in seconds and the package's version.

    For a retraining, the triggers that it coalesced replace the trigger in its own input.
    """
    version = item.get("version") or str(item.get("package_arn", "")).rpartition("/")[2]
    shorter = {"started_at": str(item.get("started_at", ""))[:19].replace("T", " "), "version": version}
    triggers = parsed(item.get("triggers"))
    if isinstance(triggers, list) and triggers:
        shorter["trigger"] = "+".join(sorted({str(trigger["trigger"]) for trigger in triggers}))
        shorter["reason"] = "; ".join(dict.fromkeys(str(trigger["reason"]) for trigger in triggers))
    return shorter


def parsed(value: Any) -> Any:
    """The value of a JSON text; None for an invalid text and for a value that is not a string."""
    try:
        return json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None


def plain(value: Any) -> Any:
    """A JSON value for DynamoDB's types that JSON lacks: numbers (Decimal) and sets."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    number = float(value)
    return int(number) if number.is_integer() else number
