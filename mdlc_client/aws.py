"""What the client needs of AWS: clients of services, as `boto3.Session` makes them."""

from __future__ import annotations

from typing import Any, Protocol


class AwsClients(Protocol):
    """Makes clients of AWS services; a `boto3.Session` does."""

    def client(self, service: str, /) -> Any:
        """A boto3 client for ``service``, such as ``s3``."""


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
