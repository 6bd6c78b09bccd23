"""Sends requests of one row to an endpoint, a few in parallel, until all are answered or time is up."""

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
"""Requests in parallel: probes come on top of the endpoint's own traffic."""

ANSWER_SECONDS = 10
"""An answer that takes longer counts as an error."""

_BAD = (
    "InternalDependencyException",
    "InternalFailure",
    "ModelError",
    "ModelNotReadyException",
    "ServiceUnavailable",
)
"""Errors of InvokeEndpoint that are the model's or the endpoint's fault, not the caller's.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

_THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException")
"""Errors of a call that SageMaker throttled before it reached the model."""

PAUSES_SECONDS = (0.25, 0.5, 1.0)
"""Waits before a call that did not reach the model is retried: one of hundreds must not fail a look."""


class RowRequest(Protocol):
    """One request to the endpoint."""

    @property
    def body(self) -> str:
        """One row."""

    @property
    def content_type(self) -> str:
        """The row's content type."""


class AnswerBody(Protocol):
    """The body of a response."""

    def read(self) -> bytes:
        """The whole body."""


class Runtime(Protocol):
    """The used part of the `sagemaker-runtime` client."""

    def invoke_endpoint(self, **request: object) -> dict[str, AnswerBody]:
        """The endpoint's response, with its `Body`."""


@cache
def runtime() -> Runtime:
    """The `sagemaker-runtime` client, without retries: a retry may reach the other fleet."""
    # The type stubs of this service are not installed.
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
    """The answers to the requests, in order; only to the first ones when the time is up before the last.

    None stands for an error, a timeout, or an answer without numbers.

    Raises:
        ClientError: for an error that is not the endpoint's fault, such as a missing permission.
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
    # Requests are taken in order and each has its answer, so the numbers have no gap.
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
