import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from mdlc_local.sagemaker import storage
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.storage import Source, Storage


class FakeS3:
    """Objects in memory, and what uploads asked for."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.extra: dict[str, dict[str, str]] = {}

    def get_paginator(self, _: str) -> "FakeS3":
        return self

    def paginate(self, **given: str) -> list[dict[str, Any]]:
        start = f"{given['Bucket']}/{given['Prefix']}"
        found = [key.partition("/")[2] for key in self.objects if key.startswith(start)]
        return [{"Contents": [{"Key": key} for key in found]}]

    def get_object(self, **given: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[f"{given['Bucket']}/{given['Key']}"])}

    def upload_file(self, path: str, bucket: str, key: str, **given: dict[str, str]) -> None:
        self.objects[f"{bucket}/{key}"] = Path(path).read_bytes()
        self.extra[f"{bucket}/{key}"] = given["ExtraArgs"]


def make(objects: dict[str, bytes]) -> tuple[Storage, FakeS3]:
    s3 = FakeS3(objects)
    return Storage(s3, "arn:aws:iam::000000000000:role/jobs", "us-east-1"), s3


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("s3://b/data/", {"a.csv", "sub/b.csv"}),
        ("s3://b/data", {"data/a.csv", "data/sub/b.csv", "database.csv"}),
        ("s3://b/data/a.csv", {"a.csv"}),
        ("https://s3.us-east-1.amazonaws.com/b/data/", {"a.csv", "sub/b.csv"}),
    ],
)
def test_a_prefix_is_fetched(tmp_path: Path, prefix: str, names: set[str]) -> None:
    objects = {"b/data/a.csv": b"1", "b/data/sub/b.csv": b"2", "b/data/": b"", "b/database.csv": b"3"}
    store, _ = make(objects)
    assert store.download(prefix, "S3Prefix", tmp_path) == len(names)
    assert set(files(tmp_path)) == names


def test_a_manifest_is_fetched(tmp_path: Path) -> None:
    manifest = json.dumps([{"prefix": "s3://c/raw/"}, "x/1.csv", "2.csv"]).encode()
    store, _ = make({"b/m.json": manifest, "c/raw/x/1.csv": b"1", "c/raw/2.csv": b"2", "c/raw/3.csv": b"3"})
    store.download("s3://b/m.json", "ManifestFile", tmp_path)
    assert files(tmp_path) == {"x/1.csv": b"1", "2.csv": b"2"}


def test_a_manifest_that_is_none() -> None:
    store, _ = make({"b/m.json": b"{}"})
    with pytest.raises(JobFailedError, match=r"Manifest file s3://b/m\.json is no JSON list"):
        store.sources("s3://b/m.json", "ManifestFile")


def test_nothing_lands_outside_the_folder() -> None:
    manifest = json.dumps([{"prefix": "s3://c/"}, "../../etc/passwd"]).encode()
    store, _ = make({"b/m.json": manifest})
    with pytest.raises(JobFailedError, match="names no file below the job's folder"):
        store.sources("s3://b/m.json", "ManifestFile")


def test_a_prefix_with_no_objects() -> None:
    store, _ = make({})
    told = 'No S3 objects found under S3 URL "s3://b/none/" given in input data source.'
    with pytest.raises(JobFailedError, match=told) as raised:
        store.sources("s3://b/none/", "S3Prefix")
    assert 'the role "arn:aws:iam::000000000000:role/jobs" has "s3:ListBucket" permissions' in str(
        raised.value
    )


def test_a_folder_is_stored_under_the_key(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("1")
    store, s3 = make({})
    assert store.upload_folder(tmp_path, "s3://b/out/", "key") == 1
    assert s3.objects == {"b/out/sub/a": b"1"}
    assert s3.extra["b/out/sub/a"] == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key"}
    store.upload(tmp_path / "sub" / "a", "s3://b/plain", None)
    assert s3.extra["b/plain"] == {}


def test_archives_there_and_back(tmp_path: Path) -> None:
    source, archive, target = tmp_path / "in", tmp_path / "a.tar.gz", tmp_path / "out"
    assert not storage.pack(source, archive)
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "m").write_text("1")
    assert storage.pack(source, archive)
    storage.unpack(archive, target)
    assert files(target) == {"sub/m": b"1"}


def test_an_archive_that_is_none_or_reaches_outside(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(b"no archive")
    with pytest.raises(JobFailedError, match="Failed to extract model data archive"):
        storage.unpack(archive, tmp_path / "out")
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    with pytest.raises(JobFailedError, match="Failed to extract model data archive"):
        storage.unpack(archive, tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_a_source_is_fetched_into_new_folders(tmp_path: Path) -> None:
    store, _ = make({"b/k": b"1"})
    store.fetch(Source("b", "k", "k"), tmp_path / "x" / "y")
    assert (tmp_path / "x" / "y").read_bytes() == b"1"
