"""Memory that is free is given back to the system, and versions of objects are read from the disk."""

import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from mdlc_local import memory
from tests.local.embedded import Server


def test_what_was_freed_is_given_back() -> None:
    trim = memory.trimming()
    if trim is None:  # another C library than glibc
        return
    before = memory.resident_pages()
    # Small enough to come from the heap, which shrinks only from its end: the last one stays.
    taken = [bytes(100_000) for _ in range(500)]
    last = bytes(100_000)
    grown = memory.resident_pages()
    taken.clear()
    trim()
    assert memory.resident_pages() - before < (grown - before) / 2
    assert last


@pytest.fixture
def bucket(server: Server) -> str:
    name = f"versions-{uuid.uuid4().hex[:8]}"
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def test_every_version_keeps_its_body(server: Server, bucket: str) -> None:
    s3 = server.client("s3")
    keys = ("a", "a/b", "a b/ü&?.csv")
    made = {
        key: [
            s3.put_object(Bucket=bucket, Key=key, Body=f"{key} {number}")["VersionId"] for number in range(3)
        ]
        for key in keys
    }
    for key, versions in made.items():
        for number, version in enumerate(versions):
            body = s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
            assert body.decode() == f"{key} {number}"
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() == f"{key} 2"


def test_what_was_deleted_comes_back_with_its_body(server: Server, bucket: str) -> None:
    s3 = server.client("s3")
    first, second = (s3.put_object(Bucket=bucket, Key="k", Body=text)["VersionId"] for text in ("one", "two"))
    s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"one"
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"one"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"one"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k", "VersionId": first})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"one"


def test_bodies_lie_in_the_state_folder_for_its_owner_alone(server: Server, bucket: str) -> None:
    server.client("s3").put_object(Bucket=bucket, Key="secret", Body=b"x")
    folder = server.state_dir / "temporary" / "s3"
    (file,) = (path for path in Path(folder).rglob("secret") if bucket in path.parts)
    assert file.stat().st_mode & 0o077 == 0
