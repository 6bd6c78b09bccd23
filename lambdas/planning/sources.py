"""Lists the S3 objects of a dataset, and derives the version that identifies their content."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.planning.errors import NoData
from lambdas.planning.steps import digest
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

CHECKSUMS = ("CRC64NVME", "SHA256", "CRC32C", "CRC32", "SHA1")
"""S3's content checksums, the preferred first. With KMS encryption an ETag is not a content hash."""

_HIDDEN = ("_", ".")


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One object: its name below the prefix, its size in bytes, and what identifies its content."""

    name: str
    size: int
    algorithm: str
    value: str

    def to_plan(self, shard: str = "") -> DataFile:
        """The file as `plan.json` holds it."""
        checksum = Checksum(algorithm=self.algorithm, value=self.value)
        return DataFile(name=self.name, size=self.size, checksum=checksum, shard=shard)


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/key` as (bucket, key)."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def checksum(head: Mapping[str, object]) -> tuple[str, str]:
    """The best identification of an object's content in a HeadObject response, as (algorithm, value).

    A multipart upload's composite checksum identifies the content but cannot be computed from the whole
    file, so its algorithm is `COMPOSITE`. Without any checksum it is the version id; without versioning, the
    ETag.

    Args:
        head: the response to a request with `ChecksumMode`.
    """
    for algorithm in CHECKSUMS:
        value = str(head.get("Checksum" + algorithm) or "")
        if value:
            composite = head.get("ChecksumType") == "COMPOSITE" or "-" in value
            return ("COMPOSITE" if composite else algorithm), value
    version = head.get("VersionId")
    if version and version != "null":
        return "VERSION", str(version)
    return "ETAG", str(head["ETag"]).strip('"')


def list_files(s3: "S3Client", uri: str) -> tuple[SourceFile, ...]:
    """The data objects below an S3 prefix with their checksums, sorted by name.

    Raises:
        NoData: when there are none (see `is_data`).
    """
    bucket, prefix = split_uri(uri)
    entries = [(entry["Key"], entry["Size"]) for entry in listed(s3, bucket, prefix)]
    if not entries:
        raise NoData(
            f"No objects under {uri}: upload the data there, or correct the dataset's uri. "
            "Names of files and folders beginning with _ or . do not count."
        )

    return describe(s3, bucket, prefix, entries)


def listed(s3: "S3Client", bucket: str, prefix: str) -> "Iterator[ObjectTypeDef]":
    """The data objects below a prefix, as `ListObjectsV2` returns them, from all pages (see `is_data`)."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            if is_data(entry["Key"], prefix):
                yield entry


def is_there(s3: "S3Client", bucket: str, key: str) -> bool:
    """Whether there is an object with exactly this key.

    Uses a listing, because GetObject answers 403 instead of 404 for a missing key when the role may list only
    below a prefix: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    return any(entry["Key"] == key for page in pages for entry in page.get("Contents", []))


def describe(
    s3: "S3Client", bucket: str, prefix: str, entries: Iterable[tuple[str, int]]
) -> tuple[SourceFile, ...]:
    """The files of objects (key and size in bytes) with their checksums, sorted by name."""

    def described(entry: tuple[str, int]) -> SourceFile:
        key, size = entry
        algorithm, value = checksum(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED"))
        return SourceFile(name=name_below(prefix, key), size=size, algorithm=algorithm, value=value)

    with ThreadPoolExecutor(max_workers=16) as pool:
        return tuple(sorted(pool.map(described, entries), key=lambda file: file.name))


def name_below(prefix: str, key: str) -> str:
    """An object's name relative to a prefix; the last part of its key when the prefix is the whole key."""
    return key[len(prefix) :].lstrip("/") or key.rsplit("/", 1)[-1]


def is_data(key: str, prefix: str) -> bool:
    """Whether a key below a prefix is a data object: neither a folder's placeholder nor hidden.

    As in query engines, files and folders whose name begins with `_` or `.` are hidden: Spark's `_SUCCESS`
    and `_temporary/`, Delta's `_delta_log/`, Jupyter's `.ipynb_checkpoints/`. A partition's folder is not,
    whatever its column's name: `_year=2013/`. The prefix itself may contain such names.
    """
    *folders, name = key[len(prefix) :].split("/")
    hidden = name.startswith(_HIDDEN) or any(
        folder.startswith(_HIDDEN) and "=" not in folder for folder in folders
    )
    return not hidden and not key.endswith("/")


def data_version(files: Iterable[SourceFile]) -> str:
    """SHA-256 over name, size and content identity of every file: the version of the data."""
    return digest([[f.name, f.size, f.algorithm, f.value] for f in sorted(files, key=lambda f: f.name)])
