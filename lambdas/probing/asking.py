"""One row a request, a few at a time, until all are asked or the time is over."""

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from lambdas.probing.comparison import Answer, parsed
from lambdas.probing.rows import PROBE_PREFIX

MAX_CALLS = 4
"""Requests at a time: probes come on top of the endpoint's own traffic."""

ANSWER_SECONDS = 10
"""An answer that takes longer is a bad one."""

_BAD = (
    "InternalDependencyException",
    "InternalFailure",
    "ModelError",
    "ModelNotReadyException",
    "ServiceUnavailable",
)
"""Errors of InvokeEndpoint that speak against who answers, not against who asks.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

_THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException")
"""Errors of a call that SageMaker turned away before anybody could answer."""

PAUSES_SECONDS = (0.25, 0.5, 1.0)
"""How long to wait before a call that reached nobody is tried again: one of hundreds must not fail a look."""


class RowRequest(Protocol):
    """What is asked."""

    @property
    def body(self) -> str:
        """One row."""

    @property
    def content_type(self) -> str:
        """Of the row."""


class AnswerBody(Protocol):
    """An answer's body."""

    def read(self) -> bytes:
        """All of it."""


class Runtime(Protocol):
    """As much of SageMaker's data plane as is used."""

    def invoke_endpoint(self, **request: object) -> dict[str, AnswerBody]:
        """An endpoint's answer, under `Body`."""


@cache
def runtime() -> Runtime:
    """The client of the data plane. It never tries again by itself: another try may go to the other fleet."""
    # The stubs of this one service are not installed.
    connect = cast("Callable[..., Runtime]", boto3.client)
    return connect(
        "sagemaker-runtime",
        config=Config(
            retries={"total_max_attempts": 1},
            read_timeout=ANSWER_SECONDS,
            connect_timeout=5,
            max_pool_connections=MAX_CALLS,
        ),
    )


def ask(
    client: Runtime, endpoint: str, requests: Sequence[RowRequest], *, run: str, seconds: float
) -> list[Answer | None]:
    """The answers to the first requests: to all of them, unless the time is over before.

    None stands for an error, for silence, and for an answer without numbers.

    Raises:
        ClientError: for what the endpoint is not to blame for, such as a missing permission.
    """
    deadline = time.monotonic() + seconds
    lock = threading.Lock()
    waiting = iter(range(len(requests)))
    answers: dict[int, Answer | None] = {}

    def work() -> None:
        while time.monotonic() < deadline:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            answers[number] = _ask(client, endpoint, requests[number], run)

    with ThreadPoolExecutor(MAX_CALLS) as pool:
        for worker in [pool.submit(work) for _ in range(MAX_CALLS)]:
            worker.result()
    # Every number that was handed out has been answered, so they are the first ones without a gap.
    return [answers[number] for number in range(len(answers))]


def _ask(client: Runtime, endpoint: str, request: RowRequest, run: str) -> Answer | None:
    for pause in PAUSES_SECONDS:
        try:
            return _invoke(client, endpoint, request, run)
        except (ConnectTimeoutError, EndpointConnectionError):
            time.sleep(pause)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _THROTTLED:
                raise
            time.sleep(pause)
    return _invoke(client, endpoint, request, run)


def _invoke(client: Runtime, endpoint: str, request: RowRequest, run: str) -> Answer | None:
    try:
        answer = client.invoke_endpoint(
            EndpointName=endpoint,
            Body=request.body.encode(),
            ContentType=request.content_type,
            InferenceId=f"{PROBE_PREFIX}{run}-{uuid.uuid4().hex}"[:64],
        )
        return parsed(answer["Body"].read().decode(errors="replace"))
    except ClientError as error:
        name = error.response["Error"]["Code"].removesuffix("Exception")
        if name in {code.removesuffix("Exception") for code in _BAD}:
            return None
        raise
    except (ReadTimeoutError, ConnectionClosedError):
        return None
