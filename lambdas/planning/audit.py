"""The items of the audit table that planning reads. `docs/contracts.md` is the schema in words."""

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
"""From the last one back, for one that has labels."""


@dataclass(frozen=True, kw_only=True)
class ChampionPointer:
    """The package version whose answers are in use.

    Attributes:
        model: its SageMaker model.
        program: S3 URI of the folder of its feature program.
    """

    version: int
    package_arn: str
    model: str = ""
    program: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordedExperiment:
    """The experiment that an execution recorded for an endpoint before it touched that.

    Attributes:
        execution: ARN of the execution that it belongs to.
        champion_config: where the endpoint goes back to.
        running_since: when it began, ISO 8601; None while the endpoint is being brought there.
        alive: whether another execution than the one that asks owns it and still runs.
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
    """The champion pointer, or None before the first."""
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
    """The champion's version as text, or nothing before the first."""
    pointer = champion_of(dynamodb, table, model)
    return str(pointer.version) if pointer else ""


def labels_known_until(dynamodb: "DynamoDBClient", table: str, model: str, now: datetime) -> list[datetime]:
    """Up to when labels were found in the last window of each monitor that has any."""
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
    """Items of a monitor's windows, the latest first, at most so many."""
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
    """What a finished run of the same digest left, or None."""
    item = _item(dynamodb, table, model, f"RUN#{run}")
    return texts_of(item) if item else None


def experiment_of(
    dynamodb: "DynamoDBClient", table: str, model: str, endpoint: str
) -> RecordedExperiment | None:
    """The experiment that is recorded for an endpoint, or None."""
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
