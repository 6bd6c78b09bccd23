"""Batches that were published in a window: their parts, and the raw rows that they answered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.functions.plan_monitoring.windows import SKEW, Recorded, Window
from lambdas.planning.sources import split_uri
from mdlc_constructs.settings.payloads.job_plan import PublishedBatch

PUBLISHED = ("Succeeded", "Undelivered")
"""Outcomes of batch inference whose predictions are published."""

LATEST = timedelta(days=14)
"""A batch is published by a later execution than the one that began it: by how much later, at most."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published batch.

    Attributes:
        parts: keys of its parts in the model's bucket.
        raw: names of the files it answered, below the uri of the batches' dataset.
    """

    run: str
    version: int
    predicted_at: datetime
    parts: tuple[str, ...]
    raw: tuple[str, ...]

    def to_plan(self) -> PublishedBatch:
        """As the job's plan holds it."""
        return PublishedBatch(
            run=self.run,
            package_version=self.version,
            predicted_at=f"{self.predicted_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            parts=self.parts,
            raw=self.raw,
        )


def published(
    dynamodb: Any, s3: Any, *, table: str, model: str, bucket: str, raw_uri: str, window: Window
) -> tuple[Published, ...]:
    """The batches that were predicted in the window, in the order of time."""
    executions = _executions(dynamodb, table, model, window.start, window.end + LATEST)
    manifests = sorted({item["manifest"] for item in executions})
    found = [_read(s3, bucket, uri, raw_uri) for uri in manifests]
    return tuple(
        sorted((one for one in found if window.holds(one.predicted_at)), key=lambda one: one.predicted_at)
    )


def published_since(
    dynamodb: Any, s3: Any, *, table: str, model: str, known: Sequence[Recorded], now: datetime
) -> list[Recorded]:
    """The announced windows of which a batch was published after they were planned, by an execution of late.

    A batch belongs to the time it was predicted at, and an execution that failed may have begun it.
    """
    planned = {one: datetime.fromisoformat(one.planned_at) for one in known if one.digest}
    found: set[Recorded] = set()
    predicted: dict[str, datetime] = {}
    for item in _executions(dynamodb, table, model, now - LATEST, now):
        uri = item["manifest"]
        if uri not in predicted:
            predicted[uri] = _predicted(_json(s3, *split_uri(uri)))
        # An item is written a moment after the time it bears.
        finished = datetime.fromisoformat(item["finished_at"]) + SKEW
        found |= {one for one, at in planned.items() if at < finished and one.window.holds(predicted[uri])}
    return sorted(found, key=lambda one: one.window)


def _executions(
    dynamodb: Any, table: str, model: str, since: datetime, until: datetime
) -> Iterator[Mapping[str, str]]:
    """Items of the executions that published a batch and began between then and then."""
    low, high = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in (since, until))
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
        ExpressionAttributeValues={
            ":pk": {"S": f"MODEL#{model}"},
            ":low": {"S": f"EXECUTION#{low}"},
            ":high": {"S": f"EXECUTION#{high}"},
        },
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            texts = {name: next(iter(value.values())) for name, value in item.items()}
            if texts["workflow"] == "batch-inference" and texts["outcome"] in PUBLISHED:
                yield texts


def _read(s3: Any, bucket: str, uri: str, raw_uri: str) -> Published:
    manifest = _json(s3, *split_uri(uri))
    folder = split_uri(uri)[1].rpartition("/")[0]
    return Published(
        run=manifest["run"],
        version=int(manifest["package"]["version"]),
        predicted_at=_predicted(manifest),
        parts=tuple(f"{folder}/{part['name']}" for part in manifest["parts"]),
        raw=_raw(s3, bucket, manifest["run"], raw_uri),
    )


def _predicted(manifest: Mapping[str, Any]) -> datetime:
    predicted = datetime.fromisoformat(manifest["predicted_at"])
    return predicted.astimezone(UTC) if predicted.tzinfo else predicted.replace(tzinfo=UTC)


def _raw(s3: Any, bucket: str, run: str, raw_uri: str) -> tuple[str, ...]:
    """The files that a run answered, as its plan names them."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"runs/{run}/")
    plans = [
        entry for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith("/plan.json")
    ]
    if not plans:
        return ()
    # Plans of one run differ in nothing that says what was read.
    data = _json(s3, bucket, plans[0]["Key"])["data"]
    below = data["uri"].removeprefix(raw_uri)
    return tuple(below + file["name"] for file in data["files"])


def _json(s3: Any, bucket: str, key: str) -> Any:
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
