"""Downloads and uploads between S3 and a job's folder, with the job's role."""

import json
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local.sagemaker.faults import JobFailedError

_PARALLEL = 8
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Source:
    """One object to download.

    Attributes:
        bucket: its bucket.
        key: its key.
        relative: its path below the folder that it is downloaded to.
    """

    bucket: str
    key: str
    relative: str


@dataclass(frozen=True)
class Storage:
    """S3 with one job's permissions.

    Attributes:
        s3: a boto3 client with the job's role.
        role_arn: that role, for messages.
        region: the job's region, for messages.
    """

    s3: Any
    role_arn: str
    region: str

    def sources(self, uri: str, data_type: str) -> list[Source]:
        """The objects of an input.

        Args:
            uri: ``s3://bucket/prefix``, or the manifest's URI when `data_type` is ManifestFile.
            data_type: ``S3Prefix`` or ``ManifestFile``.

        Raises:
            JobFailedError: when there are none, or S3 answers with an error.
        """
        bucket, key = parse(uri)
        try:
            if data_type == "ManifestFile":
                objects = self._manifest(bucket, key)
            else:
                objects = [Source(bucket, name, _below(key, name)) for name in self._keys(bucket, key)]
        except (ClientError, BotoCoreError) as error:
            raise JobFailedError(self._nothing_at(uri, bucket, f" Error message from S3: {error}")) from error
        if not objects:
            raise JobFailedError(self._nothing_at(uri, bucket, ""))
        for source in objects:
            if ".." in PurePosixPath(source.relative).parts:
                raise JobFailedError(f"ClientError: key {source.key!r} names no file below the job's folder")
        return objects

    def download(self, uri: str, data_type: str, folder: Path) -> int:
        """Download an input to `folder`; returns the number of files.

        Raises:
            JobFailedError: when it has no objects, or S3 answers with an error.
        """
        objects = self.sources(uri, data_type)
        self.fetch_all(objects, folder)
        return len(objects)

    def fetch_all(self, objects: Sequence[Source], folder: Path) -> None:
        """Download objects to `folder`, which is made also when there are none.

        Raises:
            JobFailedError: when S3 answers with an error.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for _ in pool.map(lambda source: self.fetch(source, folder / source.relative), objects):
                pass

    def fetch(self, source: Source, path: Path) -> None:
        """Download one object to `path`.

        Raises:
            JobFailedError: when S3 answers with an error.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            body = self.s3.get_object(Bucket=source.bucket, Key=source.key)["Body"]
            with path.open("wb") as file:
                shutil.copyfileobj(body, file, _CHUNK_BYTES)
        except (ClientError, BotoCoreError) as error:
            where = f"s3://{source.bucket}/{source.key}"
            raise JobFailedError(
                f"ClientError: Data download failed:Failed to download data from {where}: {error}"
            ) from error

    def upload(self, path: Path, uri: str, kms_key: str | None) -> None:
        """Upload one file, encrypted with `kms_key` unless that is None.

        Raises:
            JobFailedError: when S3 answers with an error.
        """
        bucket, key = parse(uri)
        extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        try:
            self.s3.upload_file(str(path), bucket, key, ExtraArgs=extra)
        except Exception as error:
            # s3transfer wraps S3's errors in exceptions that have no base class in common with botocore's.
            raise JobFailedError(f"ClientError: Failed to upload data to {uri}: {error}") from error

    def upload_folder(self, folder: Path, uri: str, kms_key: str | None) -> int:
        """Upload every file below `folder` to the prefix `uri`; returns the number of files.

        Raises:
            JobFailedError: when S3 answers with an error.
        """
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        prefix = uri.rstrip("/")
        with ThreadPoolExecutor(_PARALLEL) as pool:
            stored = pool.map(
                lambda path: self.upload(path, f"{prefix}/{path.relative_to(folder).as_posix()}", kms_key),
                files,
            )
            for _ in stored:
                pass
        return len(files)

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for listed in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in listed.get("Contents", []):
                if not entry["Key"].endswith("/"):
                    yield entry["Key"]

    def _manifest(self, bucket: str, key: str) -> list[Source]:
        text = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        try:
            head, *paths = json.loads(text)
            root_bucket, root = parse(head["prefix"])
            return [Source(root_bucket, root + path, path.lstrip("/")) for path in paths]
        except (ValueError, TypeError, KeyError) as error:
            form = '{"prefix": ...} and paths'
            raise JobFailedError(
                f"ClientError: Manifest file s3://{bucket}/{key} is no JSON list of {form}"
            ) from error

    def _nothing_at(self, uri: str, bucket: str, more: str) -> str:
        return (
            f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given in input data '
            f"source. Please ensure that the bucket exists in the selected region ({self.region}), that "
            f'objects exist under that S3 prefix, and that the role "{self.role_arn}" has "s3:ListBucket" '
            f'permissions on bucket "{bucket}".{more}'
        )


def parse(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``, or of the CDK's ``https://s3.<region>...`` form."""
    if uri.startswith("https://"):
        uri = "s3://" + uri.split("/", 3)[3]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def merge(source: Path, target: Path) -> list[str]:
    """Move the files of one folder into another; returns the names that both have, which do not move."""
    clashes = []
    for path in sorted(entry for entry in source.rglob("*") if entry.is_file()):
        name = path.relative_to(source)
        if (target / name).exists():
            clashes.append(name.as_posix())
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(target / name)
    return clashes


def pack(folder: Path, archive: Path) -> bool:
    """Write the contents of `folder` to a gzipped tar archive; returns whether there were any."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    if not entries:
        return False
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for entry in entries:
            tar.add(entry, entry.name)
    return True


def unpack(archive: Path, folder: Path) -> None:
    """Extract a gzipped tar archive.

    Raises:
        JobFailedError: when it is not such an archive, or an entry would be outside `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise JobFailedError(f"ClientError: Failed to extract model data archive: {error}") from error


def _below(prefix: str, key: str) -> str:
    """The object's path below the folder: its key after the prefix's last slash."""
    return key[prefix.rfind("/") + 1 :].lstrip("/")
