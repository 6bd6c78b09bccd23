"""Finds a decision in the tables of decision APIs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.predictions.prediction import DECISION, Prediction

KEY = "request_id"
DECIDED = ("decision", "rule", "rules_version", "fallback", "action", "api")
DETAILS = ("prediction", "probabilities", "features", "defaults_used", "variant")
AS_JSON = ("row", "features", "defaults_used", "score", "probabilities")


def find(target: Target, tables: Iterable[str], request_id: str) -> Prediction | None:
    """The decision on a request, or None when no table has it."""
    from boto3.dynamodb.types import TypeDeserializer

    client, plain = target.client("dynamodb"), TypeDeserializer().deserialize
    for table in tables:
        item = client.get_item(TableName=table, Key={KEY: {"S": request_id}}).get("Item")
        if item:
            return read({name: plain(value) for name, value in item.items()}, table)
    return None


def read(record: Mapping[str, Any], table: str) -> Prediction:
    """The decision in a record of the decision table (`docs/contracts.md`)."""
    values = {
        name: json.loads(value) if name in AS_JSON and isinstance(value, str) else value
        for name, value in record.items()
    }
    version = values.get("model_version")
    return Prediction(
        prediction_id=str(values[KEY]),
        kind=DECISION,
        model=str(values["model"]),
        place=f"table {table}",
        at=str(values.get("at", "")),
        version=None if version is None else int(version),
        score=values.get("score"),
        row=values.get("row"),
        decision={name: values.get(name) for name in DECIDED},
        details={name: values[name] for name in DETAILS if name in values},
    )
