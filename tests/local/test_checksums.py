"""Objects carry checksums as on AWS, fast enough for real data."""

import base64
import hashlib
import io
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mdlc_local.checksums import crc64nvme
from tests.local.embedded import REGION, Server

Clients = Callable[[str], Any]
BODY = b"hello, checksums"
WRONG = base64.b64encode(b"0" * 32).decode()


def test_crc64nvme_gives_the_published_value() -> None:
    assert crc64nvme(b"123456789") == 0xAE8B14860A799888


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 8193, 100_003])
def test_pieces_join_to_the_same_remainder(size: int) -> None:
    body = random.Random(size).randbytes(size)
    assert crc64nvme(body) == _by_bits(body)


def _by_bits(body: bytes) -> int:
    remainder = 0xFFFFFFFFFFFFFFFF
    for byte in body:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0x9A6C9329AC4BC9B5 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFFFFFFFFFF


def test_real_data_takes_no_seconds() -> None:
    body = bytes(32 * 2**20)
    started = time.process_time()
    crc64nvme(body)
    assert time.process_time() - started < 3


@pytest.fixture
def bucket(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    return name


def head(client: Clients, bucket: str, key: str) -> dict[str, Any]:
    found = client("s3").head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    return {name: value for name, value in found.items() if name.startswith("Checksum")}


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"])
def test_the_given_checksum_is_kept(client: Clients, bucket: str, algorithm: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="a", Body=BODY, ChecksumAlgorithm=algorithm)
    found = head(client, bucket, "a")
    assert set(found) == {f"Checksum{algorithm}", "ChecksumType"}
    attributes = client("s3").get_object_attributes(
        Bucket=bucket, Key="a", ObjectAttributes=["Checksum", "ObjectSize"]
    )
    assert attributes["Checksum"] == found
    assert attributes["ObjectSize"] == len(BODY)


def test_boto3_sends_one_by_itself(client: Clients, bucket: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="a", Body=BODY)
    assert "ChecksumCRC32" in head(client, bucket, "a")


def test_an_object_without_one_gets_one(server: Server, client: Clients, bucket: str) -> None:
    connect: Any = boto3.client
    plain = connect(
        "s3",
        endpoint_url=server.endpoint,
        region_name=REGION,
        **server.credentials,
        config=Config(request_checksum_calculation="when_required"),
    )
    plain.put_object(Bucket=bucket, Key="a", Body=BODY)
    expected = base64.b64encode(crc64nvme(BODY).to_bytes(8, "big")).decode()
    assert head(client, bucket, "a") == {"ChecksumCRC64NVME": expected, "ChecksumType": "FULL_OBJECT"}


def test_a_copy_keeps_it_or_computes_the_requested_one(client: Clients, bucket: str) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=BODY)
    source = {"Bucket": bucket, "Key": "a"}
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="other", CopySource=source, ChecksumAlgorithm="SHA256")
    assert head(client, bucket, "same") == head(client, bucket, "a")
    sha256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert head(client, bucket, "other")["ChecksumSHA256"] == sha256


def test_a_large_upload_has_a_composite_checksum(client: Clients, bucket: str) -> None:
    client("s3").upload_fileobj(io.BytesIO(bytes(9 * 2**20)), bucket, "a")
    found = head(client, bucket, "a")
    assert found["ChecksumType"] == "COMPOSITE"
    assert found["ChecksumCRC32"].endswith("-2")


def test_a_wrong_checksum_is_refused(client: Clients, bucket: str) -> None:
    with pytest.raises(Exception, match="BadDigest"):
        client("s3").put_object(
            Bucket=bucket, Key="a", Body=BODY, ChecksumSHA256=base64.b64encode(b"0" * 32).decode()
        )
