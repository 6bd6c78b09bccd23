"""An account whose identity has the rights that a page lists, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from tests.cli.fakes import FakeClient, FakeTarget

SERVICES = {"stepfunctions": "states"}
"""Prefixes of IAM actions, where they are not the names of boto3's clients."""
ACTIONS = {"s3:ListObjectsV2": "s3:ListBucket", "s3:DownloadFile": "s3:GetObject"}
"""IAM actions, where they are not the operations' names."""


def listed(text: str) -> set[str]:
    """The IAM actions that a text names."""
    return set(re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", text))


def guarded(target: FakeTarget, granted: set[str], used: set[str]) -> FakeTarget:
    """The account, where actions that are not granted are denied, and `used` gets those that were used."""
    clients = {
        service: _guarded(service, client, granted, used) for service, client in target.clients.items()
    }
    return replace(target, clients=clients)


def _guarded(service: str, client: FakeClient, granted: set[str], used: set[str]) -> FakeClient:
    answers: Mapping[str, Any] = client._answers

    def guard(operation: str) -> Callable[..., Any]:
        named = f"{SERVICES.get(service, service)}:{operation.title().replace('_', '')}"
        action, answer = ACTIONS.get(named, named), answers[operation]

        def call(**request: Any) -> Any:
            if action not in granted:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": action}}, operation)
            used.add(action)
            return answer(**request) if callable(answer) else answer

        return call

    return FakeClient(**{operation: guard(operation) for operation in answers})
