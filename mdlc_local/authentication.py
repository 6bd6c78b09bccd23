"""Who may talk to this server: every request is authenticated before any service sees it.

What listens here runs the code it is sent, as the user. A browser on the same machine can reach it too, on
behalf of any web page. So a request must name this server as its host (a rebound DNS name does not), must not
come from another origin, and must be signed by a key of this server. Unsigned are served, as on AWS: the
stages of REST APIs, whose methods authorize their callers themselves, user pools' public operations, and the
one-time addresses that a custom resource answers to.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html and
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

import contextvars
import importlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

from mdlc_local import credentials, loopback, seams
from mdlc_local.api_gateway import addresses

SIGNATURES = "ministack.core.sigv4"
EVALUATOR = "ministack.core.iam_evaluator"
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
_CORS = b"access-control-"
_QUERY_SIGNATURES = ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Algorithm", "Signature", "AWSAccessKeyId")

_unsigned: contextvars.ContextVar[bool] = contextvars.ContextVar("mdlc_unsigned", default=False)

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Refusal:
    """An answer in place of the service's: AWS's name of the error and a sentence.

    Attributes:
        status: the HTTP status, where no protocol of AWS has one.
        of_credentials: whether AWS would refuse it too, in the service's own protocol.
    """

    code: str
    message: str
    status: int = 403
    of_credentials: bool = True


@dataclass(frozen=True)
class Request:
    """What a request says of itself, before anybody believes it."""

    method: str
    path: str
    raw_path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Scope) -> "Request":
        """Read an ASGI scope; a header that is sent twice is one value, as a signature has it."""
        headers: dict[str, str] = {}
        decode = importlib.import_module(SIGNATURES).decode_header_value
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), decode(value)
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        path = scope["path"]
        return cls(
            method=scope.get("method", "GET"),
            path=path,
            raw_path=(scope.get("raw_path") or quote(path).encode()).decode("latin-1"),
            query=parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True),
            headers=headers,
        )

    @property
    def host(self) -> str:
        """The host that the caller believes to talk to."""
        return self.headers.get("host", "")

    @property
    def signed(self) -> bool:
        """Whether it carries anything that could be a signature."""
        return "authorization" in self.headers or any(name in self.query for name in _QUERY_SIGNATURES)

    @property
    def stage(self) -> tuple[str, str] | None:
        """The deployed API and stage that it asks for."""
        app = importlib.import_module("ministack.app")
        parsed = app._parse_execute_api_url(self.host, self.path)
        if parsed is None or self.path.startswith(("/_ministack", "/_localstack", "/_mdlc")):
            return None
        return (parsed[0], parsed[1]) if addresses.is_deployed(parsed[0], parsed[1]) else None


def install(app: ModuleType) -> None:
    """Keep unsigned requests from every service, whatever way they are dispatched."""
    signature = "signature secret method raw_path query_params headers body presigned explain"
    seams.take(SIGNATURES, "header_signature_failure", signature)
    seams.take(SIGNATURES, "decode_header_value", "value")
    for name, parameters in (
        ("parse_header_signature", "headers"),
        ("parse_query_signature", "query_params"),
        ("request_time_failure", "signature now"),
        ("presigned_request_is_expired", "amz_date expires now"),
    ):
        seams.take(SIGNATURES, name, parameters)
    seams.take(EVALUATOR, "resolve_credential", "access_key_id account_id session_token")
    seams.take(EVALUATOR, "find_iam_access_key_account", "access_key_id")
    seams.take(EVALUATOR, "_sigv2_check", "request account_id")
    seams.take(EVALUATOR, "is_root_access_key", "access_key_id")
    seams.take(ROUTER, "extract_access_key_id", "headers query_params")
    seams.take(ACTIONS, "unsigned_operations", "service")
    seams.take(app.__name__, "_credential_failure", "service iam_action request_id denied headers")
    seams.take(app.__name__, "detect_service", "method path headers query_params")
    seams.wrap(
        app.__name__,
        "_dispatch_service_request",
        "method path headers body query_params request_id",
        _signed_only,
    )


def _signed_only(dispatch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The last door before the services: what was let in unsigned may reach user pools and nothing else."""
    detect = seams.take("ministack.app", "detect_service", "method path headers query_params")

    async def dispatched(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any, request_id: str
    ) -> Any:
        if _unsigned.get() and detect(method, path, headers, query_params) != "cognito-idp":
            refusal = _missing()
            content = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
            return refusal.status, {"Content-Type": "application/json"}, content
        return await dispatch(method, path, headers, body, query_params, request_id)

    return dispatched


class Authentication:
    """The ASGI application behind the door: passes on what is authenticated, answers the rest."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope (ASGI)."""
        if scope["type"] == "websocket":
            # No service here speaks it, and a browser opens one to any host without asking first.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or loopback.IN_PROCESS in scope:
            await self._application(scope, receive, send)
            return
        request = Request.of(scope)
        stage = request.stage
        refusal = misdirected(request) or foreign(request, stage)
        if refusal is None and _served_unsigned(request, stage):
            _unsigned.set(True)
        elif refusal is None:
            body = await _body(receive) if _signs_its_body(request) else None
            refusal = unauthentic(request, body or b"")
            receive = receive if body is None else _replayed(body, receive)
        if refusal is not None:
            await _refuse(refusal, request, send)
            return
        await self._application(scope, receive, send if stage else _without_cors(send))


def misdirected(request: Request) -> Refusal | None:
    """Why the `Host` is not this server: a page may have had its own name point to the loopback address."""
    if _LOOPBACK_HOST.fullmatch(request.host) or _AWS_HOST.fullmatch(request.host):
        return None
    return Refusal(
        "MisdirectedRequest",
        f"the host {request.host[:100]!r} is not this server: call it by 127.0.0.1 or localhost",
        421,
        of_credentials=False,
    )


def foreign(request: Request, stage: tuple[str, str] | None) -> Refusal | None:
    """Why a browser's request is not answered: it comes from a page of another origin."""
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


def _served_unsigned(request: Request, stage: tuple[str, str] | None) -> bool:
    if request.signed and stage is None and not _is_public_of_user_pools(request):
        return False
    if stage is not None:
        # The gateway judges its callers itself, but believes whoever names an account's own key.
        authorization = request.headers.get("authorization", "")
        by_aws = authorization.startswith("AWS") or any(name in request.query for name in _QUERY_SIGNATURES)
        named = importlib.import_module(ROUTER).extract_access_key_id(request.headers, request.query)
        return not by_aws or not importlib.import_module(EVALUATOR).is_root_access_key(named)
    if _ONE_TIME_PATH.fullmatch(request.path):
        return request.method == "PUT"
    if request.method == "GET" and _USER_POOL_KEYS.fullmatch(request.path):
        return True
    return _is_public_of_user_pools(request)


def _is_public_of_user_pools(request: Request) -> bool:
    target = request.headers.get("x-amz-target", "")
    if request.path != "/" or request.method != "POST" or not target.startswith(_USER_POOL_TARGET):
        return False
    if request.signed or request.query or not _LOOPBACK_HOST.fullmatch(request.host):
        return False
    operation = target.removeprefix(_USER_POOL_TARGET)
    return operation in importlib.import_module(ACTIONS).unsigned_operations("cognito-idp")


def unauthentic(request: Request, body: bytes) -> Refusal | None:
    """Why a request is not believed to come from the holder of a key of this server; None when it is."""
    signatures = importlib.import_module(SIGNATURES)
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("AWS ") or "AWSAccessKeyId" in request.query:
        return _version_2(request)
    presigned = not authorization
    if presigned and "X-Amz-Credential" not in request.query:
        return _missing()
    if not presigned and not authorization.startswith("AWS4-"):
        return Refusal("IncompleteSignature", "the Authorization header holds no AWS signature")
    parsed = (
        signatures.parse_query_signature(request.query)
        if presigned
        else signatures.parse_header_signature(request.headers)
    )
    if isinstance(parsed, tuple):
        return Refusal(parsed[0], parsed[1])
    if presigned:
        late = _expired(signatures, parsed, request)
        token = (request.query.get("X-Amz-Security-Token") or [""])[0]
    else:
        skewed = signatures.request_time_failure(parsed)
        late = Refusal(*skewed) if skewed else None
        token = request.headers.get("x-amz-security-token", "")
    if late is not None:
        return late
    if "host" not in parsed.signed_headers.split(";"):
        return Refusal("SignatureDoesNotMatch", "'host' must be among the signed headers")
    credential = _credential(parsed.access_key_id, token)
    if isinstance(credential, Refusal):
        return credential
    failure = signatures.header_signature_failure(
        parsed,
        credential.secret_access_key,
        request.method,
        request.raw_path,
        request.query,
        request.headers,
        body,
        presigned=presigned,
    )
    return Refusal(*failure) if failure else None


def _missing() -> Refusal:
    return Refusal(
        "MissingAuthenticationToken",
        "the request is not signed: `mdlc local env` prints the credentials of this server",
    )


def _expired(signatures: Any, parsed: Any, request: Request) -> Refusal | None:
    seconds = (request.query.get("X-Amz-Expires") or [""])[0]
    try:
        expired = signatures.presigned_request_is_expired(parsed.amz_date, seconds)
    except ValueError:
        expired = True
    return Refusal("AccessDenied", "Request has expired") if expired else None


def _credential(access_key: str, token: str) -> Any:
    """The key's secret and owner, or why there is none."""
    evaluator = importlib.import_module(EVALUATOR)
    if credentials.names_account(access_key):
        found = evaluator.resolve_credential(access_key, access_key, token)
    else:
        stored = importlib.import_module("ministack.services.sts")._sessions.get(access_key)
        account = evaluator.find_iam_access_key_account(access_key) if stored is None else None
        if (stored is None and account is None) or access_key in ("", "test"):
            return Refusal(
                "UnrecognizedClientException",
                f"The security token included in the request is invalid: the key {access_key[:40]!r} is none "
                "of this server; `mdlc local env` prints its credentials",
            )
        arn = str((stored or {}).get("Arn", ""))
        owner = (stored or {}).get("AccountId") or (arn.split(":")[4] if arn.count(":") > 4 else account)
        found = evaluator.resolve_credential(access_key, owner, token)
    if isinstance(found, evaluator.CredentialResolutionError):
        return Refusal(found.code, found.message)
    return found


def _version_2(request: Request) -> Refusal | None:
    """S3's older signature, which boto3 still puts into presigned URLs of us-east-1."""
    evaluator = importlib.import_module(EVALUATOR)
    authorization = request.headers.get("authorization", "")
    named = (request.query.get("AWSAccessKeyId") or [""])[0]
    access_key = named or authorization.removeprefix("AWS ").partition(":")[0]
    token = (request.query.get("x-amz-security-token") or [""])[0] or request.headers.get(
        "x-amz-security-token", ""
    )
    credential = _credential(access_key, token)
    if isinstance(credential, Refusal):
        return credential
    signed = evaluator.SignedRequest(
        access_key, request.method, request.raw_path, request.query, request.headers, sigv2=True,
        auth_path=request.raw_path,
    )  # fmt: skip
    checked = evaluator._sigv2_check(signed, credential.account_id)
    return Refusal(checked.code, checked.message) if isinstance(checked, evaluator.AuthError) else None


def _signs_its_body(request: Request) -> bool:
    """Whether the signature covers the body's own hash; S3's requests name the hash in a header."""
    return request.signed and "x-amz-content-sha256" not in request.headers


async def _body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(pieces)


def _replayed(body: bytes, receive: Receive) -> Receive:
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return pending.pop() if pending else await receive()

    return received


def _without_cors(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", []) if not pair[0].lower().startswith(_CORS)]
            message = {**message, "headers": kept}
        await send(message)

    return sent


async def _refuse(refusal: Refusal, request: Request, send: Send) -> None:
    """Answer in the protocol of the service that was meant, so that an SDK shows the sentence."""
    app, evaluator = importlib.import_module("ministack.app"), importlib.import_module(EVALUATOR)
    service = app.detect_service(request.method, request.path, request.headers, request.query)
    if refusal.of_credentials and service == "s3":
        # ministack says AWS's sentence here, which does not say what to do.
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
