"""InvokeEndpoint: routes a request to a variant's container and returns the answer."""

import json
import logging
import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from mdlc_local import patches
from mdlc_local.errors import LocalAwsError
from mdlc_local.sagemaker.containers.connections import Answer
from mdlc_local.sagemaker.containers.pipeline import ConnectionLostError, InvocationOutcome
from mdlc_local.sagemaker.endpoints import hosting
from mdlc_local.sagemaker.endpoints.data_capture import DataCapture, Exchange
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.hosting import Hosted
from mdlc_local.sagemaker.endpoints.traffic import NoVariantError
from mdlc_local.sagemaker.endpoints.variant_server import NotRunningError, VariantServer
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

MAX_BODY_BYTES = 6 * 1024 * 1024
"""The largest request, as on AWS."""

MAX_SERVERLESS_BODY_BYTES = 4 * 1024 * 1024
"""The largest request to a serverless endpoint, as on AWS."""

MAX_SHADOW_REQUESTS = 100
"""The most mirrored requests in progress; more are dropped, so that a slow shadow variant costs nothing."""

_PATH = re.compile(r"^/endpoints/([^/]+)/invocations$")
_PREFIX = "x-amzn-sagemaker-"
_CUSTOM, _INFERENCE_ID, _VARIANT = (
    f"{_PREFIX}custom-attributes",
    f"{_PREFIX}inference-id",
    f"{_PREFIX}target-variant",
)
_ABSENT = (
    "target-model",
    "target-container-hostname",
    "inference-component",
    "session-id",
    "enable-explanations",
)
_ANSWERED_BY = "x-Amzn-Invoked-Production-Variant"
_SHOWN_CHARACTERS = 500
_NO_ANSWER = Answer(0, {}, b"")

Response = tuple[int, dict[str, str], bytes]

_mirrors = ThreadPoolExecutor(4, thread_name_prefix="shadow")
_mirroring = threading.BoundedSemaphore(MAX_SHADOW_REQUESTS)


class RefusedError(LocalAwsError):
    """An error response of InvokeEndpoint.

    Attributes:
        status: the HTTP status.
        code: AWS's error code, or None where AWS has none.
        members: the members of the response.
    """

    def __init__(self, status: int, code: str | None, message: str, **members: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.members = {"Message": message, **members}


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One request of InvokeEndpoint.

    Attributes:
        event_id: a new UUID.
        headers: the headers by their names in lower case.
        body: the request's bytes.
    """

    event_id: str
    headers: dict[str, str]
    body: bytes

    @property
    def forwarded(self) -> dict[str, str]:
        """The headers that SageMaker passes to the container; it removes all others."""
        headers = {
            "Content-Type": self.headers.get("content-type", ""),
            "Accept": self.headers.get("accept", "*/*"),
            "X-Amzn-SageMaker-Custom-Attributes": self.headers.get(_CUSTOM, ""),
            "X-Amzn-SageMaker-Inference-Id": self.headers.get(_INFERENCE_ID, ""),
        }
        return {name: value for name, value in headers.items() if value}


def install(app: ModuleType) -> None:
    """Patch ministack so that an answer keeps the model's content type."""

    def fixing(fix: Callable[[str, int, dict[str, str]], None]) -> Callable[[str, int, dict[str, str]], None]:
        def fixed(service: str, status: int, headers: dict[str, str]) -> None:
            # ministack sets the control plane's content type on every JSON answer of a service.
            if _ANSWERED_BY not in headers:
                fix(service, status, headers)

        return fixed

    patches.wrap(app.__name__, "fix_success_content_type", "service status headers", fixing)


def endpoint_of(path: str) -> str | None:
    """The name of the endpoint that a request path invokes, or None for a path of another operation."""
    match = _PATH.match(path)
    return unquote(match[1]) if match else None


def invoke(name: str, headers: dict[str, str], body: bytes, scope: Scope) -> Response:
    """InvokeEndpoint; errors are returned as responses."""
    try:
        return _invoke(name, headers, body, scope)
    except RefusedError as refused:
        sent = {"Content-Type": "application/json"}
        if refused.code is not None:
            sent["x-amzn-errortype"] = refused.code
        return refused.status, sent, json.dumps(refused.members).encode()


def _invoke(name: str, headers: dict[str, str], body: bytes, scope: Scope) -> Response:
    received = time.perf_counter()
    hosted = hosting.find(name, scope)
    missing = f"Endpoint {name} of account {scope.account} not found."
    if hosted is None:
        raise RefusedError(400, "ValidationError", missing)
    for header in _ABSENT:
        if f"{_PREFIX}{header}" in headers:
            raise RefusedError(400, "ValidationError", f"X-Amzn-SageMaker-{header}: not in the embedded AWS")
    invocation = Invocation(event_id=str(uuid.uuid4()), headers=headers, body=body)
    target = headers.get(_VARIANT) or None
    try:
        hosted.is_asked()
        with hosted.traffic.route(target) as (fleet, server):
            _check_size(body, server)
            _mirror(hosted, fleet, server, invocation)
            outcome, problem = _ask(hosted, fleet, server, invocation, received)
    except NoVariantError as unrouted:
        message = f"Variant {target} not found for Request" if str(unrouted) and hosted.fleet else missing
        raise RefusedError(400, "ValidationError", message) from unrouted
    except NotRunningError as gone:
        raise RefusedError(
            503, "ServiceUnavailable", f"Variant {gone} of endpoint {name} is not running."
        ) from gone
    answer = outcome.answer
    if not 200 <= answer.status < 300:
        raise _model_error(hosted, server, outcome, problem)
    sent = {
        "Content-Type": answer.headers.get("content-type", "application/octet-stream"),
        _ANSWERED_BY: server.name,
    }
    if _CUSTOM in answer.headers:
        sent["X-Amzn-SageMaker-Custom-Attributes"] = answer.headers[_CUSTOM]
    return 200, sent, answer.body


def _check_size(body: bytes, server: VariantServer) -> None:
    most = MAX_SERVERLESS_BODY_BYTES if "ServerlessConfig" in server.variant else MAX_BODY_BYTES
    if len(body) > most:
        raise RefusedError(413, None, f"HTTP content length exceeded {most} bytes.")


def _ask(
    hosted: Hosted, fleet: Fleet, server: VariantServer, invocation: Invocation, received: float
) -> tuple[InvocationOutcome, str]:
    """A variant's answer and a problem text; also updates the metrics and data capture.

    When the container gives no answer, the status is 0 and the text has the reason.
    """
    asked = time.perf_counter()
    answer, problem, running = _NO_ANSWER, "", True
    try:
        outcome = server.request(invocation.body, invocation.forwarded)
        answer = outcome.answer
    except ConnectionLostError as broken:
        outcome = InvocationOutcome(broken.container, _NO_ANSWER)
        problem = f"the container gave no answer: {broken}"
        if broken.late:
            problem = (
                f"Your invocation timed out while waiting for a response from container {broken.container}. "
                "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and "
                "try again."
            )
    except NotRunningError:
        running = False
        raise
    finally:
        answered = time.perf_counter()
        hosted.metrics.invocation(
            server.name,
            fleet.config_name,
            status=answer.status if running else 503,
            model_us=(answered - asked) * 1e6,
            overhead_us=(asked - received) * 1e6,
            instances=server.instances,
        )
    if 200 <= answer.status < 300 and fleet.capture is not None and DataCapture.samples(fleet.capture):
        exchange = Exchange(
            event_id=invocation.event_id,
            inference_id=invocation.headers.get(_INFERENCE_ID),
            custom_attributes=invocation.headers.get(_CUSTOM),
            request=invocation.body,
            request_type=invocation.headers.get("content-type", ""),
            answer=answer.body,
            answer_type=answer.headers.get("content-type", ""),
        )
        hosted.capture.add(fleet.capture, server.role_arn, server.name, exchange)
    return outcome, problem


def _mirror(hosted: Hosted, fleet: Fleet, server: VariantServer, invocation: Invocation) -> None:
    """Send a copy to the shadow variant, for a share of requests: its weight by the production variant's."""
    for shadow in fleet.shadows:
        if server.weight and random.random() * server.weight >= shadow.weight:
            continue
        if not _mirroring.acquire(blocking=False):
            continue
        with fleet.lock:
            fleet.in_flight += 1
        _mirrors.submit(copy_context().run, _reflect, hosted, fleet, shadow, invocation)


def _reflect(hosted: Hosted, fleet: Fleet, shadow: VariantServer, invocation: Invocation) -> None:
    try:
        _ask(hosted, fleet, shadow, invocation, time.perf_counter())
    except NotRunningError:
        log.info("shadow variant %s is not running", shadow.name)
    finally:
        with fleet.lock:
            fleet.in_flight -= 1
        _mirroring.release()


def _model_error(
    hosted: Hosted, server: VariantServer, outcome: InvocationOutcome, problem: str
) -> RefusedError:
    scope, answer = hosted.scope, outcome.answer
    party = "client" if 400 <= answer.status < 500 else "server"
    message = problem or answer.body[:_SHOWN_CHARACTERS].decode("utf-8", "replace")
    group = f"arn:aws:logs:{scope.region}:{scope.account}:log-group:{server.log_group}"
    return RefusedError(
        424,
        "ModelError",
        f'Received {party} error ({answer.status}) from {outcome.container} with message "{message}". See '
        f"https://{scope.region}.console.aws.amazon.com/cloudwatch/home?region={scope.region}"
        f"#logEventViewer:group={server.log_group} in account {scope.account} for more information.",
        OriginalStatusCode=answer.status,
        OriginalMessage=message,
        LogStreamArn=group,
        ErrorCode="CLIENT_ERROR_FROM_MODEL" if party == "client" else "INTERNAL_FAILURE_FROM_MODEL",
    )
