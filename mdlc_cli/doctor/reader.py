"""Calls operations of AWS that only read, and says in one clause why one was not answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.target import Target

READS = ("Get", "List", "Describe", "BatchGet", "Head")
"""How the names of operations begin that change nothing."""

_LACKING = re.compile(
    r"^[45]\d\d$|UnknownOperation|NotImplemented|InvalidAction|Unsupported|InternalFailure|InternalError"
)
"""A code that is a status of HTTP is that of a service which the local AWS does not have."""


class NotAnsweredError(Exception):
    """AWS did not answer a question; the message is a clause that says why."""


class AccountReader:
    """Reads from one AWS; an operation that could change something is refused before it is called."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._clients: dict[str, Any] = {}

    @property
    def is_local(self) -> bool:
        """Whether this is the local AWS."""
        return self._target.is_local

    @property
    def region(self) -> str:
        """The region that is asked."""
        return self._target.region or ""

    def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """The answer of an operation, by its name in AWS's API such as ``GetParameter``.

        Raises:
            ValueError: the operation does not only read.
            NotAnsweredError: there is no permission, or this AWS lacks the operation.
            ClientError: AWS's answer is that something is not there.
        """
        answer: dict[str, Any] = self._asked(
            service, operation, lambda client, name: getattr(client, name)(**request)
        )
        return answer

    def pages(self, service: str, operation: str, member: str, **request: Any) -> Iterator[dict[str, Any]]:
        """The items of one member of an operation's answer, from all pages; raises as `call` does."""

        def items(client: Any, name: str) -> list[dict[str, Any]]:
            pages = client.get_paginator(name).paginate(**request)
            return [item for page in pages for item in page.get(member, ())]

        yield from self._asked(service, operation, items)

    def _asked(self, service: str, operation: str, ask: Callable[[Any, str], Any]) -> Any:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        if not operation.startswith(READS):
            raise ValueError(f"operation={operation!r}: a check may only read")
        client = self._clients.setdefault(service, self._target.client(service))
        try:
            return ask(client, xform_name(operation))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if aws_errors.is_denied(error):
                raise NotAnsweredError(f"missing permission {permission(service, operation)}") from error
            if self._target.is_local and _LACKING.search(code):
                raise NotAnsweredError(f"the local AWS has no {service} {operation}") from error
            raise
        except BotoCoreError as error:
            raise NotAnsweredError(f"{service} {operation}: {error}") from error


def permission(service: str, operation: str) -> str:
    """The IAM action that an operation needs."""
    names = {
        "service-quotas": "servicequotas",
        "apigateway": "apigateway",
    }
    action = {
        ("apigateway", "GetAccount"): "GET",
        ("s3", "GetBucketNotificationConfiguration"): "GetBucketNotification",
    }.get((service, operation), operation)
    return f"{names.get(service, service)}:{action}"
