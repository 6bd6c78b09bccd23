"""Uploads the flights of 2013 to the AWS in use, unless they are there, and downloads results."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from examples.flight_delay.data import planes, write_dataset, write_scoring_input
from mdlc_cli.aws.target import Target
from mdlc_cli.output import progress

RAW_TRAINING, RAW_BATCH = "raw/training/", "raw/batch/"
SCORED_MONTH = 12
_ITEMS_A_WRITE = 25


def load(chosen: Target, bucket: str, folder: Path) -> None:
    """Write the flights as monthly files and upload those that the bucket does not have yet."""
    with progress.step("loading the flights of 2013") as step:
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            step.note("writing 336,776 flights with their planes and the weather")
            write_dataset(folder / "training")
            write_scoring_input(folder / "batch", (SCORED_MONTH,))
            (folder / "complete").touch()
        files = {RAW_TRAINING + path.name: path for path in sorted((folder / "training").glob("*.csv"))}
        files |= {RAW_BATCH + path.name: path for path in sorted((folder / "batch").glob("*.csv"))}
        client = chosen.client("s3")
        uploaded = sum(upload(client, bucket, key, path) for key, path in files.items())
        step.summary = f"{len(files)} files, {uploaded} uploaded"


def load_celsius(chosen: Target, bucket: str, folder: Path) -> None:
    """Replace the training data by the same flights with temperatures in Celsius."""
    with progress.step("loading the flights of 2013 as they are after the change"):
        client = chosen.client("s3")
        for path in write_dataset(folder, celsius=True):
            upload(client, bucket, RAW_TRAINING + path.name, path)


def upload(client: Any, bucket: str, key: str, path: Path) -> bool:
    """Upload a file unless the bucket has the same content; returns whether it did."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    # With KMS encryption an ETag is no digest of the content, so the digest is stored as metadata.
    held = client.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
    if any(each["Key"] == key for each in held):
        metadata = client.head_object(Bucket=bucket, Key=key)["Metadata"]
        if metadata.get("sha256") == digest:
            return False
    client.put_object(
        Bucket=bucket, Key=key, Body=content, ChecksumAlgorithm="SHA256", Metadata={"sha256": digest}
    )
    return True


def fill_planes(chosen: Target, table: str) -> None:
    """Write each plane's facts into the feature table, unless they are there."""
    with progress.step("filling the table of planes") as step:
        client, known = chosen.client("dynamodb"), planes()
        last = {"tail_number": {"S": str(known[-1]["tail_number"])}}
        if "Item" not in client.get_item(TableName=table, Key=last):
            serialize = TypeSerializer().serialize
            items = [{name: serialize(value) for name, value in plane.items()} for plane in known]
            for start in range(0, len(items), _ITEMS_A_WRITE):
                requests = [{"PutRequest": {"Item": item}} for item in items[start : start + _ITEMS_A_WRITE]]
                while requests:
                    left = client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"]
                    requests = left.get(table, [])
        step.summary = f"{len(known):,} planes"


def download(chosen: Target, uri: str, folder: Path) -> None:
    """Copy everything below an S3 URI into a folder, replacing its content."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client = chosen.client("s3")
    shutil.rmtree(folder, ignore_errors=True)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            path = folder / each["Key"].removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())
