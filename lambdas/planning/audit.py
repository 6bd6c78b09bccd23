"""The audit table's items that planning functions read. `docs/contracts.md` describes the schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.planning.items import Item, audit_key, text_of, texts_of
from mdlc_constructs.settings.payloads.moments import parse_moment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MONITORS = ("endpoint", "batch")

MAX_WINDOWS_READ = 200
"""How many windows back to look for one with labels."""


@dataclass(frozen=True, kw_only=True)
class ChampionPointer:
    """The package version that serves now.

    Attributes:
        model: name of its SageMaker model.
        program: S3 URI of the folder of its feature program.
    """

    version: int
    package_arn: str
    model: str = ""
    program: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordedExperiment:
    """The experiment that an execution recorded for an endpoint before it updated the endpoint.

    Attributes:
        execution: ARN of the execution that owns it.
        champion_config: the configuration that the experiment's end restores.
        running_since: when it began, ISO 8601; None while the endpoint is being updated to it.
        alive: whether another execution than the caller's owns it and still runs.
    """

    execution: str
    package_arn: str
    version: str
    champion_config: str
    trial_config: str
    running_since: str | None = None
    alive: bool = False


def _item(dynamodb: "DynamoDBClient", table: str, model: str, sort_key: str) -> Item | None:
    answer = dynamodb.get_item(TableName=table, Key=audit_key(model, sort_key), ConsistentRead=True)
    return answer.get("Item")


def champion_of(dynamodb: "DynamoDBClient", table: str, model: str) -> ChampionPointer | None:
    """The champion pointer, or None before the first champion."""
    item = _item(dynamodb, table, model, "CHAMPION")
    if not item:
        return None
    return ChampionPointer(
        version=int(text_of(item, "version")),
        package_arn=text_of(item, "package_arn"),
        model=text_of(item, "model"),
        program=text_of(item, "program"),
    )


def champion_version(dynamodb: "DynamoDBClient", table: str, model: str) -> str:
    """The champion's version as text; empty before the first champion."""
    pointer = champion_of(dynamodb, table, model)
    return str(pointer.version) if pointer else ""


def labels_known_until(dynamodb: "DynamoDBClient", table: str, model: str, now: datetime) -> list[datetime]:
    """For each monitor, the time of the last label in its latest window with labels before `now`."""
    latest = list[datetime]()
    for monitor in MONITORS:
        windows = latest_windows(dynamodb, table, model, monitor, MAX_WINDOWS_READ)
        texts = [text_of(item, "labelled_until") for item in windows]
        moments = [parse_moment(text) for text in texts if text]
        latest += [moment for moment in moments if moment < now][:1]
    return latest


def latest_windows(
    dynamodb: "DynamoDBClient", table: str, model: str, monitor: str, limit: int
) -> Sequence[Item]:
    """At most `limit` items of a monitor's windows, the latest first."""
    answer = dynamodb.query(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"MODEL#{model}"}, ":sk": {"S": f"WINDOW#{monitor}#"}},
        ScanIndexForward=False,
        Limit=limit,
    )
    return answer["Items"]


def run_of(dynamodb: "DynamoDBClient", table: str, model: str, run: str) -> dict[str, str] | None:
    """The audit item of a finished run, by its digest, or None when no such run has finished."""
    item = _item(dynamodb, table, model, f"RUN#{run}")
    return texts_of(item) if item else None


def experiment_of(
    dynamodb: "DynamoDBClient", table: str, model: str, endpoint: str
) -> RecordedExperiment | None:
    """The experiment recorded for an endpoint, or None."""
    item = _item(dynamodb, table, model, f"EXPERIMENT#{endpoint}")
    if not item:
        return None
    return RecordedExperiment(
        execution=text_of(item, "execution"),
        package_arn=text_of(item, "package_arn"),
        version=text_of(item, "version"),
        champion_config=text_of(item, "champion_config"),
        trial_config=text_of(item, "trial_config"),
        running_since=text_of(item, "running_since") or None,
    )
