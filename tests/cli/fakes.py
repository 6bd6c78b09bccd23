"""Stand-ins for AWS: clients that answer from what a test wrote down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mdlc_cli.aws.target import Target


class FakeClient:
    """Answers each operation with what it was given: a value, or a function of the request."""

    class Exceptions:
        class ResourceNotFoundException(Exception):
            """As the client of a service raises it."""

    exceptions = Exceptions

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            answer = self._answers[operation]
            return answer(**request) if callable(answer) else answer

        return call

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(client=self, operation=operation)


@dataclass
class FakePaginator:
    client: FakeClient
    operation: str

    def paginate(self, **request: Any) -> Iterator[Any]:
        answer = getattr(self.client, self.operation)(**request)
        yield from answer if isinstance(answer, list) else [answer]


@dataclass(frozen=True, kw_only=True)
class FakeTarget(Target):
    endpoint: str | None = "http://127.0.0.1:1"
    region: str | None = "us-east-1"
    account: str = "000000000000"
    secret: str = "secret"
    clients: dict[str, FakeClient] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.clients[service]
