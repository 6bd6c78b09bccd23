"""The state of an API request while it runs, and its CloudWatch metrics and access log afterwards."""

import contextvars
import importlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from mdlc_local import clients, counts, iam, patches, payload_limits
from mdlc_local.bulk_sender import BulkSender
from mdlc_local.counts import Measured

log = logging.getLogger("mdlc_local.api_gateway")

API_GATEWAY = "ministack.services.apigateway_v1"
NAMESPACE = "AWS/ApiGateway"
SESSION = "BackplaneAssumeRoleSession"
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")

HANDLE = "api_id stage_name method path headers body query_params owner_account_id owner_region"

Answer = tuple[int, dict[str, Any], bytes]

_VARIABLE = re.compile(r"\$\{?context((?:\.[A-Za-z]\w*)+)\}?")
_current: contextvars.ContextVar["ApiRequest | None"] = contextvars.ContextVar(
    "mdlc_api_request", default=None
)
_logs: dict[tuple[str, str, str], BulkSender[dict[str, Any]]] = {}


@dataclass
class ApiRequest:
    """One request to a stage.

    Attributes:
        api_id: the API's id.
        stage_name: the stage's name.
        method: the HTTP method.
        path: the path below the stage.
        headers: the headers by their names in lower case.
        started: the start by `time.perf_counter`.
        facts: ministack's findings: ``stage``, ``resource_path``, ``path_params``, ``request_id``.
        caller: `context.identity` of a signed request.
        authorizer: `context.authorizer`.
        integration_seconds: how long the integration took; None when it was not called.
        integration_status: the HTTP status of its answer.
        error: API Gateway's own error message.
    """

    api_id: str
    stage_name: str
    method: str
    path: str
    headers: dict[str, Any]
    started: float
    facts: dict[str, Any] = field(default_factory=dict)
    caller: dict[str, Any] = field(default_factory=dict)
    authorizer: dict[str, Any] = field(default_factory=dict)
    integration_seconds: float | None = None
    integration_status: int | None = None
    error: str = ""

    @property
    def request_id(self) -> str:
        """The request id that the caller receives."""
        return str(self.facts.get("request_id", ""))

    def context(self) -> dict[str, Any]:
        """The content of `$context` in mapping templates and access logs."""
        now = datetime.now(UTC)
        source = str(self.headers.get("x-forwarded-for") or "127.0.0.1").split(",")[0].strip()
        return {
            "accountId": _account(),
            "apiId": self.api_id,
            "authorizer": self.authorizer,
            "domainName": str(self.headers.get("host", "")),
            "extendedRequestId": self.request_id,
            "httpMethod": self.method,
            "identity": {
                "sourceIp": source,
                "userAgent": str(self.headers.get("user-agent", "")),
                **{name: value for name, value in self.caller.items() if value is not None},
            },
            "path": f"/{self.stage_name}{self.path}",
            "protocol": "HTTP/1.1",
            "requestId": self.request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "resourcePath": str(self.facts.get("resource_path", "")),
            "stage": self.stage_name,
        }


def current() -> ApiRequest:
    """The request that the current task answers."""
    request = _current.get()
    if request is None:
        raise RuntimeError("no request of API Gateway is being answered")
    return request


def install(app: ModuleType) -> None:
    """Make every request available to `current`, and count and log it after its answer."""
    del app
    patches.wrap(API_GATEWAY, "_handle_execute_in_scope", HANDLE, _counted)
    patches.wrap(API_GATEWAY, "_execute_in_scope", f"request {HANDLE}", _kept)
    event = (
        "api_id stage_name stage resource request_path method headers body query_params path_params "
        "binary_media_types authorizer_context caller_identity"
    )
    patches.wrap(API_GATEWAY, "_build_lambda_event_v1", event, _identified)


def _counted(handle: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def counted(*arguments: Any) -> Answer:
        api_id, stage_name, method, path, headers = arguments[:5]
        request = ApiRequest(api_id, stage_name, method, path, headers or {}, time.perf_counter())
        token = _current.set(request)
        try:
            answer = await handle(*arguments)
            _log_access(request, answer)
            return answer
        finally:
            _current.reset(token)

    return counted


def _kept(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def kept(facts: dict[str, Any], *arguments: Any) -> Any:
        request = current()
        request.facts = facts
        body = arguments[HANDLE.split().index("body")]
        if len(body or b"") > payload_limits.MAX_API_REQUEST_BYTES:
            # The stage may customize this answer, and has an access log.
            stages = importlib.import_module(API_GATEWAY)._stages_v1.get(request.api_id, {})
            facts["stage"] = stages.get(request.stage_name) or {}
            answer = payload_limits.too_long()
        else:
            answer = await execute(facts, *arguments)
        request.error = str(getattr(answer, "message", "") or "")
        if isinstance(answer, tuple):
            answer[1].setdefault("x-amzn-requestid", request.request_id)
        return answer

    return kept


def _identified(build: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def built(*arguments: Any, **keywords: Any) -> dict[str, Any]:
        event = build(*arguments, **keywords)
        event["requestContext"]["requestId"] = current().request_id
        payload_limits.check_event(event)
        return event

    return built


def _account() -> str:
    return str(importlib.import_module("ministack.core.responses").get_account_id())


def _log_access(request: ApiRequest, answer: Answer) -> None:
    gateway = importlib.import_module(API_GATEWAY)
    region = importlib.import_module("ministack.core.responses").get_region()
    status, seconds = answer[0], time.perf_counter() - request.started
    name = str((gateway._rest_apis.get(request.api_id) or {}).get("name", ""))
    for dimensions in ((("ApiName", name),), (("ApiName", name), ("Stage", request.stage_name))):
        measured = [
            Measured("Count", 1.0, "Count", dimensions),
            Measured("4XXError", float(400 <= status < 500), "Count", dimensions),
            Measured("5XXError", float(status >= 500), "Count", dimensions),
            Measured("Latency", counts.milliseconds(seconds), "Milliseconds", dimensions),
        ]
        if request.integration_seconds is not None:
            taken = counts.milliseconds(request.integration_seconds)
            measured.append(Measured("IntegrationLatency", taken, "Milliseconds", dimensions))
        counts.measure(NAMESPACE, region, *measured)
    settings = (request.facts.get("stage") or {}).get("accessLogSettings") or {}
    if settings.get("destinationArn"):
        _write(request, settings, status, len(answer[2]), seconds, region)


def _write(
    request: ApiRequest, settings: dict[str, str], status: int, length: int, seconds: float, region: str
) -> None:
    def shown(value: float | None) -> str:
        return "-" if value is None else str(round(1000 * value))

    context = request.context() | {
        "error": {"message": request.error, "messageString": json.dumps(request.error)},
        "integrationLatency": shown(request.integration_seconds),
        "integrationStatus": request.integration_status,
        "integration": {"latency": shown(request.integration_seconds), "status": request.integration_status},
        "responseLatency": shown(seconds),
        "responseLength": length,
        "status": status,
    }
    message = _VARIABLE.sub(lambda match: _looked_up(context, match[1][1:].split(".")), settings["format"])
    group = settings["destinationArn"].split(":")[6]
    place = _account(), region, group
    if place not in _logs:
        _logs[place] = BulkSender(f"access log {group}", _sender(region, group))
    _logs[place].add({"timestamp": int(time.time() * 1000), "message": message})


def _looked_up(context: Any, names: list[str]) -> str:
    for name in names:
        context = context.get(name) if isinstance(context, dict) else None
    return "-" if context in (None, "") else str(context)


def _sender(region: str, group: str) -> Callable[[list[dict[str, Any]]], None]:
    stream = f"mdlc-{int(time.time())}"

    def send(lines: list[dict[str, Any]]) -> None:
        role = (importlib.import_module(API_GATEWAY)._account_settings.get("settings") or {}).get(
            "cloudwatchRoleArn"
        )
        if not role:
            log.warning("no access log in %s: the account has no role for it any more", group)
            return
        arn = f"arn:aws:logs:{region}:{_account()}:log-group:{group}:log-stream:{stream}"
        for action in LOG_ACTIONS:
            reason = iam.denial(role, action, arn, region=region, session=SESSION)
            if reason is not None:
                log.warning("no access log in %s: %s", group, reason)
                return
        logs = clients.client("logs", role_arn=None, region=region, session=SESSION)
        existing = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]
        if not existing:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)

    return send
