"""AWS clients, created at the first call and kept for the life of the function's process."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str) -> Any:
    """The client of an AWS service in the function's own region.

    Throttling is retried here, so that a busy account costs a moment and not a failed execution.
    """
    connect: Any = boto3.client  # its overloads know service names only as literals
    return connect(service, config=Config(retries={"mode": "adaptive", "max_attempts": 8}))
