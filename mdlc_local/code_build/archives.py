"""Downloads a build's sources from S3, and uploads its artifacts."""

import fnmatch
import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local.code_build.buildspec import Artifacts
from mdlc_local.errors import LocalAwsError

MANAGED_KEY = "alias/aws/s3"
"""AWS's own key of S3, which the CDK gives to a project without a key."""


class SourceError(LocalAwsError):
    """A source that cannot be downloaded."""


class ArtifactError(LocalAwsError):
    """Artifacts that are missing or cannot be uploaded; the message is the failed phase's."""


def download(s3: Any, location: str, folder: Path) -> None:
    """Download a ZIP file, or all objects of a prefix that ends with a slash, into a folder.

    Args:
        s3: a client with the permissions of the project's role.
        location: ``bucket/key``, or the object's ARN.
        folder: where the files go.

    Raises:
        SourceError: when an object cannot be read, or is no ZIP file.
    """
    bucket, _, key = location.removeprefix("arn:aws:s3:::").partition("/")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if key.endswith("/") or not key:
            _download_prefix(s3, bucket, key, folder)
            return
        archive = folder.with_name(f"{folder.name}.zip")
        s3.download_file(bucket, key, str(archive))
    except ClientError as error:
        raise SourceError(f"error while downloading key {key} from bucket {bucket}: {error}") from error
    try:
        _unpack(archive, folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(f"the object {location} is no ZIP file: {error}") from error
    finally:
        archive.unlink(missing_ok=True)


def _download_prefix(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            path = (folder / entry["Key"].removeprefix(prefix)).resolve()
            if entry["Key"].endswith("/") or not path.is_relative_to(folder.resolve()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, entry["Key"], str(path))


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            path = Path(zipped.extract(member, folder))
            mode = (member.external_attr >> 16) & 0o777
            if mode and path.is_file():
                path.chmod(mode | 0o600)


def chosen(source: Path, artifacts: Artifacts) -> Iterator[tuple[Path, str]]:
    """The files of an artifact, with their names in it.

    Raises:
        ArtifactError: when a pattern matches nothing, with AWS's message.
    """
    bases = sorted(source.glob(artifacts.base_directory)) if artifacts.base_directory else [source]
    if not bases or not bases[0].is_dir():
        raise ArtifactError(f"no matching base directory path found for {artifacts.base_directory}")
    base = bases[0]
    for pattern in artifacts.files:
        paths = sorted(path for path in _matching(base, pattern) if path.is_file())
        if not paths:
            raise ArtifactError(f"no matching artifact paths found for {pattern}")
        for path in paths:
            name = path.relative_to(base).as_posix()
            if not any(fnmatch.fnmatch(name, excluded) for excluded in artifacts.excluded):
                yield path, path.name if artifacts.discard_paths else name


def _matching(base: Path, pattern: str) -> Iterator[Path]:
    if pattern.endswith("**/*"):
        # `glob` finds no hidden files' folders by `**` alike on all versions of Python, and `os.walk` does.
        for folder, _, names in os.walk(base / pattern.removesuffix("**/*")):
            yield from (Path(folder) / name for name in names)
        return
    if os.path.isabs(pattern):
        pattern = os.path.relpath(pattern, base)
    yield from base.glob(pattern)


def upload(
    s3: Any, source: Path, artifacts: Artifacts, destination: Mapping[str, Any], key_arn: str
) -> dict[str, Any]:
    """Upload an artifact as the project's destination says.

    Args:
        s3: a client with the permissions of the project's role.
        source: the folder of the primary source.
        artifacts: the files.
        destination: the artifacts section of a build: bucket (`location`), `path`, `name`, `packaging`.
        key_arn: the KMS key that encrypts it; empty for S3's own keys.

    Returns:
        The artifact's description in a build.

    Raises:
        ArtifactError: when files are missing or S3 refuses.
    """
    files = list(dict.fromkeys(chosen(source, artifacts)))
    name = (
        artifacts.name
        if destination.get("overrideArtifactName") and artifacts.name
        else destination.get("name")
    )
    parts = [destination.get("path", ""), str(name or "artifact")]
    key = "/".join(part.strip("/") for part in parts if part and part != "/")
    bucket = str(destination["location"])
    encrypted = key_arn and not destination.get("encryptionDisabled")
    extra = {"ServerSideEncryption": "aws:kms"} if encrypted else {}
    if encrypted and not key_arn.endswith(MANAGED_KEY):
        extra["SSEKMSKeyId"] = key_arn
    archive = source.with_name(f"artifact-{hashlib.sha256(key.encode()).hexdigest()[:12]}.zip")
    try:
        if destination.get("packaging") != "ZIP":
            for path, relative in files:
                s3.upload_file(str(path), bucket, f"{key}/{relative}", ExtraArgs=extra)
            return {"location": f"arn:aws:s3:::{bucket}/{key}"}
        pack(archive, files)
        s3.upload_file(str(archive), bucket, key, ExtraArgs=extra)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        return {"location": f"arn:aws:s3:::{bucket}/{key}", "sha256sum": digest}
    except Exception as error:
        # s3transfer wraps S3's errors in exceptions that have no base class in common with botocore's.
        raise ArtifactError(f"Error while uploading {key} to bucket {bucket}: {error}") from error
    finally:
        archive.unlink(missing_ok=True)


def pack(archive: Path, files: list[tuple[Path, str]]) -> None:
    """Write files to a ZIP archive, by their names in it, with their modes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for path, name in files:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as content, zipped.open(entry, "w") as target:
                shutil.copyfileobj(content, target)
