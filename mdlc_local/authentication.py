"""Authenticates every request to this server before any service receives it.

The server runs code from requests, with the user's permissions. Any web page can send it requests through a
browser on the same machine. So a request must name this server as its host (which a rebound DNS name does
not), must not come from another origin, and must be signed with a key of this server. As on AWS, unsigned
requests are accepted for the stages of REST APIs, whose methods authorize their callers, for user pools'
public operations, and for the one-time URLs to which custom resources send their responses.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html and
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

import contextvars
import hashlib
import importlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from mdlc_local import asgi, credentials, loopback, patches, signatures
from mdlc_local.api_gateway import addresses
from mdlc_local.errors import LocalAwsError
from mdlc_local.signatures import EVALUATOR, Refusal, SignedRequest

ACTIONS = "ministack.core.iam_actions"
ROUTER = "ministack.core.router"

_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
_AWS_HOST = re.compile(
    r"([a-z0-9_-][a-z0-9._-]*\.)?(amazonaws\.com(\.cn)?|api\.aws|localhost)(:\d+)?", re.IGNORECASE
)
_ONE_TIME_PATH = re.compile(r"/_ministack/cfn-(response|signal)/[0-9a-f-]{36}")
_USER_POOL_KEYS = re.compile(r"/[\w-]+_[0-9A-Za-z]+/\.well-known/(jwks\.json|openid-configuration)")
_USER_POOL_TARGET = "AWSCognitoIdentityProviderService."
_OWN_SITES = ("", "none", "same-origin")
_ADMINISTRATION = ("/_mdlc/", "/_ministack/", "/_localstack/")
_CORS = b"access-control-"
_HASH = re.compile(r"[0-9a-f]{64}")

_unsigned: contextvars.ContextVar[bool] = contextvars.ContextVar("mdlc_unsigned", default=False)

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def install(app: ModuleType) -> None:
    """Reject unsigned requests to every service, also those dispatched inside the process."""
    signatures.check_seams()
    patches.take(ROUTER, "extract_access_key_id", "headers query_params")
    patches.take(EVALUATOR, "is_root_access_key", "access_key_id")
    patches.take(ACTIONS, "unsigned_operations", "service")
    patches.take(app.__name__, "_credential_failure", "service iam_action request_id denied headers")
    patches.take(app.__name__, "detect_service", "method path headers query_params")
    patches.wrap(
        app.__name__,
        "_dispatch_service_request",
        "method path headers body query_params request_id",
        _signed_only,
    )


def _signed_only(dispatch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The last check before the services: an unsigned request may only reach user pools."""
    detect = patches.take("ministack.app", "detect_service", "method path headers query_params")

    async def dispatched(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any, request_id: str
    ) -> Any:
        if _unsigned.get() and detect(method, path, headers, query_params) != "cognito-idp":
            refusal = signatures.missing()
            content = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
            return refusal.status, {"Content-Type": "application/json"}, content
        return await dispatch(method, path, headers, body, query_params, request_id)

    return dispatched


class _BodyReplacedError(LocalAwsError):
    """The body does not have the signed hash."""


class Authentication:
    """ASGI middleware that passes authenticated requests on and rejects all others."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope (ASGI)."""
        if scope["type"] == "websocket":
            # No service here uses WebSocket, and browsers open one to any host without a CORS preflight.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or loopback.IN_PROCESS in scope:
            await self._application(scope, receive, send)
            return
        request = SignedRequest.of(scope)
        stage = _stage(request)
        refusal = misdirected(request) or foreign(request, stage)
        if refusal is None and _served_unsigned(request, stage):
            _unsigned.set(True)
        elif refusal is None:
            # S3's requests have their body's hash in a header; other signatures cover the body itself.
            content_hash = request.headers.get("x-amz-content-sha256")
            body = await asgi.body(receive) if content_hash is None and request.signed else b""
            refusal = signatures.refusal(request, body) or unprivileged(request)
            if content_hash is None:
                receive = _replayed(body, receive)
            elif _HASH.fullmatch(content_hash):
                receive = _hashed(content_hash, receive)
        if refusal is not None:
            await _refuse(refusal, request, send)
            return
        try:
            await self._application(scope, receive, send if stage else _without_cors(send))
        except _BodyReplacedError:
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            await _refuse(Refusal("XAmzContentSHA256Mismatch", message), request, send)


def misdirected(request: SignedRequest) -> Refusal | None:
    """The refusal of a `Host` that is not this server, or None.

    A web page may have rebound its own DNS name to the loopback address.
    """
    if _LOOPBACK_HOST.fullmatch(request.host) or _AWS_HOST.fullmatch(request.host):
        return None
    return Refusal(
        "MisdirectedRequest",
        f"the host {request.host[:100]!r} is not this server: call it by 127.0.0.1 or localhost",
        421,
        of_credentials=False,
    )


def foreign(request: SignedRequest, stage: tuple[str, str] | None) -> Refusal | None:
    """The refusal of a browser's request from a page of another origin, or None."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "")
    same_origin = origin is None or urlsplit(origin).netloc.lower() == request.host.lower()
    if (same_origin and site in _OWN_SITES) or (stage and addresses.allows_other_origins(stage[0])):
        return None
    return Refusal(
        "CrossOriginRequestRefused",
        f"a page of {(origin or 'another site')[:100]!r} asks: only an API whose template has OPTIONS "
        "methods answers pages of other origins",
        of_credentials=False,
    )


def unprivileged(request: SignedRequest) -> Refusal | None:
    """The refusal of an administration request by a role or user, whatever its policies allow, or None."""
    access_key = importlib.import_module(ROUTER).extract_access_key_id(request.headers, request.query)
    if not request.path.startswith(_ADMINISTRATION) or credentials.names_account(access_key):
        return None
    return Refusal("AccessDenied", f"{request.path} is for the account's own key: see `mdlc local env`")


def _served_unsigned(request: SignedRequest, stage: tuple[str, str] | None) -> bool:
    if request.signed and stage is None and not _is_public_of_user_pools(request):
        return False
    if stage is not None:
        # API Gateway authorizes its callers itself, but trusts an account's own key without a check.
        authorization = request.headers.get("authorization", "")
        by_aws = authorization.startswith("AWS") or any(name in request.query for name in signatures.IN_QUERY)
        access_key = importlib.import_module(ROUTER).extract_access_key_id(request.headers, request.query)
        return not by_aws or not importlib.import_module(EVALUATOR).is_root_access_key(access_key)
    if _ONE_TIME_PATH.fullmatch(request.path):
        return request.method == "PUT"
    if request.method == "GET" and _USER_POOL_KEYS.fullmatch(request.path):
        return True
    return _is_public_of_user_pools(request)


def _is_public_of_user_pools(request: SignedRequest) -> bool:
    target = request.headers.get("x-amz-target", "")
    if request.path != "/" or request.method != "POST" or not target.startswith(_USER_POOL_TARGET):
        return False
    if request.signed or request.query or not _LOOPBACK_HOST.fullmatch(request.host):
        return False
    operation = target.removeprefix(_USER_POOL_TARGET)
    return operation in importlib.import_module(ACTIONS).unsigned_operations("cognito-idp")


def _stage(request: SignedRequest) -> tuple[str, str] | None:
    """The ids of the deployed API and the stage that a request calls, or None."""
    parsed = importlib.import_module("ministack.app")._parse_execute_api_url(request.host, request.path)
    if parsed is None or request.path.startswith(("/_ministack", "/_localstack", "/_mdlc")):
        return None
    return (parsed[0], parsed[1]) if addresses.is_deployed(parsed[0], parsed[1]) else None


def _replayed(body: bytes, receive: Receive) -> Receive:
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return pending.pop() if pending else await receive()

    return received


def _hashed(expected: str, receive: Receive) -> Receive:
    """Pass a body on in pieces and compare its hash with the expected one at the end."""
    digest = hashlib.sha256()

    async def received() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            digest.update(message.get("body", b""))
            if not message.get("more_body") and digest.hexdigest() != expected:
                raise _BodyReplacedError
        return message

    return received


def _without_cors(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", []) if not pair[0].lower().startswith(_CORS)]
            message = {**message, "headers": kept}
        await send(message)

    return sent


async def _refuse(refusal: Refusal, request: SignedRequest, send: Send) -> None:
    """Answer in the protocol of the requested service, so that an SDK shows the message."""
    app, evaluator = importlib.import_module("ministack.app"), importlib.import_module(EVALUATOR)
    service = app.detect_service(request.method, request.path, request.headers, request.query)
    if refusal.of_credentials and service == "s3":
        # ministack would answer with AWS's message, which names no remedy.
        status, answered = 403, {"Content-Type": "application/xml"}
        message = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{message}</Error>'.encode()
    elif refusal.of_credentials:
        error = evaluator.AuthError(refusal.code, refusal.message)
        status, answered, body = app._credential_failure(
            service, "", str(uuid.uuid4()), error, dict(request.headers)
        )
    else:
        status, answered = refusal.status, {"Content-Type": "application/json"}
        body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    headers = [(name.encode(), str(value).encode()) for name, value in answered.items()]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
