"""Reads objects in S3 by their URI, and saves them as whole files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_client.aws import split_uri

MISSING = ("404", "NoSuchKey", "NoSuchBucket")
"""Codes of the errors by which S3 says that there is no such object."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """An object in S3.

    Attributes:
        name: the name under which it is saved, without folders.
        bytes: its size.
    """

    uri: str
    name: str
    bytes: int = 0


def content(target: Target, uri: str) -> bytes | None:
    """An object's content, or None when there is no such object."""
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    try:
        body: bytes = target.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return None
    return body


def document(target: Target, uri: str) -> dict[str, Any]:
    """A JSON object's content; empty when there is no such object, or it is not a JSON object."""
    body = content(target, uri) if uri else None
    try:
        read = json.loads(body) if body is not None else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


@dataclass
class Permitted:
    """Reads what the identity in use may read, and keeps the names of the rest.

    Attributes:
        unread: what may not be read.
    """

    unread: list[str] = field(default_factory=list)

    def read(self, what: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `read` returns; empty, with its name in `unread`, when a permission for it is missing."""
        from botocore.exceptions import ClientError

        try:
            return read()
        except ClientError as error:
            if not aws_errors.is_denied(error):
                raise
            self.unread.append(what)
            return {}


def listed(target: Target, folder: str) -> list[StoredFile]:
    """The objects right in an S3 folder, without those in its subfolders, by name."""
    bucket, prefix = split_uri(folder)
    pages = target.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [
        StoredFile(uri=f"s3://{bucket}/{each['Key']}", name=name, bytes=int(each.get("Size", 0)))
        for page in pages
        for each in page.get("Contents", [])
        if (name := str(each["Key"]).removeprefix(prefix)) and "/" not in name
    ]


def safe_name(name: str) -> str:
    """A file name of letters, digits, dots, hyphens and underscores, which no shell or path interprets."""
    return _UNSAFE.sub("_", name).strip(".") or "file"


def download(s3: Any, uri: str, path: Path, progress: Callable[[int], None] | None = None) -> bool:
    """Download an object to a file; returns False when there is no such object.

    Args:
        s3: a client.
        uri: the object's S3 URI.
        path: the file to write.
        progress: called with the number of bytes since the last call.
    """
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    try:
        s3.download_file(Bucket=bucket, Key=key, Filename=str(path), Callback=progress)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return False
    return True


def save(
    target: Target,
    files: Sequence[StoredFile],
    folder: Path,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Save objects as files in a folder, which is made when it does not exist; existing files are replaced.

    All are downloaded before the first is moved into place, so that no file is ever half-written.

    Returns:
        The files that were saved, without those of objects that do not exist any more.

    Raises:
        CommandError: the folder cannot be written.
    """
    s3 = target.client("s3")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".mdlc-") as temporary:
            fetched = list[Path]()
            for file in files:
                progress(file.name)
                path = Path(temporary) / safe_name(file.name)
                if download(s3, file.uri, path):
                    fetched.append(path)
            return [moved(path, folder / path.name) for path in fetched]
    except OSError as error:
        raise unwritable(folder, error) from error


def moved(path: Path, to: Path) -> Path:
    """Move a file into place, replacing the one that is there; returns its new path."""
    os.replace(path, to)
    return to


def unwritable(path: Path, error: OSError) -> CommandError:
    """One sentence on a file or folder that cannot be written."""
    why = error.strerror or str(error)
    return CommandError(f"{path} cannot be written ({why}): give another place, or make space there")


def names(paths: Iterable[Path]) -> str:
    """The files' names in a sentence."""
    return ", ".join(path.name for path in paths)
