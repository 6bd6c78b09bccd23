"""The batches predicted in a window: their prediction files, and the raw files that they answered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.functions.plan_monitoring.windows import SKEW, Window, WindowRecord
from lambdas.planning.items import texts_of
from lambdas.planning.sources import split_uri
from mdlc_constructs.settings.payloads.batch import PredictionsManifest
from mdlc_constructs.settings.payloads.codec import JsonValue, decode
from mdlc_constructs.settings.payloads.job_plan import DataSection, PublishedBatch
from mdlc_constructs.settings.payloads.moments import parse_moment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

PUBLISHED = ("Succeeded", "Undelivered")
"""Outcomes of batch inference executions that published predictions."""

MAX_DELAY = timedelta(days=14)
"""How long after its prediction a batch may still be published, by a later execution."""


def published_batches(
    dynamodb: "DynamoDBClient",
    s3: "S3Client",
    *,
    table: str,
    model: str,
    bucket: str,
    raw_uri: str,
    window: Window,
) -> tuple[PublishedBatch, ...]:
    """The published batches that were predicted in the window, in the order of time."""
    executions = _executions(dynamodb, table, model, window.start, window.end + MAX_DELAY)
    manifests = sorted({item["manifest"] for item in executions})
    batches = [_read(s3, bucket, uri, raw_uri) for uri in manifests]
    return tuple(
        sorted(
            (batch for batch in batches if window.holds(parse_moment(batch.predicted_at))),
            key=lambda batch: batch.predicted_at,
        )
    )


def windows_published_since(
    dynamodb: "DynamoDBClient",
    s3: "S3Client",
    *,
    table: str,
    model: str,
    known: Sequence[WindowRecord],
    now: datetime,
) -> list[WindowRecord]:
    """The recorded windows with a batch that a recent execution published after the window was planned.

    A batch belongs to the window that it was predicted in, though a later execution may have published it.
    """
    planned = {record: datetime.fromisoformat(record.planned_at) for record in known if record.digest}
    windows: set[WindowRecord] = set()
    predicted: dict[str, datetime] = {}
    for item in _executions(dynamodb, table, model, now - MAX_DELAY, now):
        uri = item["manifest"]
        if uri not in predicted:
            predicted[uri] = parse_moment(_manifest(s3, uri).predicted_at)
        # An item is written a moment after the time it bears.
        finished = datetime.fromisoformat(item["finished_at"]) + SKEW
        windows |= {
            record for record, at in planned.items() if at < finished and record.window.holds(predicted[uri])
        }
    return sorted(windows, key=lambda record: record.window)


def _executions(
    dynamodb: "DynamoDBClient", table: str, model: str, since: datetime, until: datetime
) -> Iterator[Mapping[str, str]]:
    """Audit items of the executions that published a batch and began from `since` to `until`."""
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
            texts = texts_of(item)
            if texts["workflow"] == "batch-inference" and texts["outcome"] in PUBLISHED:
                yield texts


def _read(s3: "S3Client", bucket: str, uri: str, raw_uri: str) -> PublishedBatch:
    manifest = _manifest(s3, uri)
    folder = split_uri(uri)[1].rpartition("/")[0]
    return PublishedBatch(
        run=manifest.run,
        package_version=manifest.package.version,
        predicted_at=f"{parse_moment(manifest.predicted_at):%Y-%m-%dT%H:%M:%S.%fZ}",
        parts=tuple(f"{folder}/{part.name}" for part in manifest.parts),
        raw=_raw(s3, bucket, manifest.run, raw_uri),
    )


def _manifest(s3: "S3Client", uri: str) -> PredictionsManifest:
    return decode(PredictionsManifest, _json(s3, *split_uri(uri)), where="manifest.json")


def _raw(s3: "S3Client", bucket: str, run: str, raw_uri: str) -> tuple[str, ...]:
    """The raw files that a run answered, from its plan; their names are relative to `raw_uri`."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"runs/{run}/")
    plans = [
        entry for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith("/plan.json")
    ]
    if not plans:
        return ()
    # Plans of one run differ in nothing that says what was read.
    document = _json(s3, bucket, plans[0]["Key"])
    data = decode(DataSection, document["data"], where="plan.json.data")
    below = data.uri.removeprefix(raw_uri)
    return tuple(below + file.name for file in data.files)


def _json(s3: "S3Client", bucket: str, key: str) -> JsonValue:
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
