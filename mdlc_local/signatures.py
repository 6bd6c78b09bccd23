"""Verifies request signatures: whether a request was signed with a key of this server.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote

from mdlc_local import credentials, patches

SIGNATURES = "ministack.core.sigv4"
EVALUATOR = "ministack.core.iam_evaluator"

IN_QUERY = ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Algorithm", "Signature", "AWSAccessKeyId")


@dataclass(frozen=True)
class Refusal:
    """The reason to reject a request: AWS's error code and a message.

    Attributes:
        status: the HTTP status for an error that AWS does not have.
        of_credentials: whether AWS would reject it too, and the answer uses the service's own protocol.
    """

    code: str
    message: str
    status: int = 403
    of_credentials: bool = True


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request that a signature covers, not yet verified."""

    method: str
    path: str
    raw_path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: dict[str, Any]) -> "SignedRequest":
        """The request of an ASGI scope; repeated headers are joined, as signatures require."""
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
        """The `Host` header."""
        return self.headers.get("host", "")

    @property
    def signed(self) -> bool:
        """Whether it has anything that could be a signature."""
        return "authorization" in self.headers or any(name in self.query for name in IN_QUERY)


def check_seams() -> None:
    """Check that the ministack functions used here have the expected parameters."""
    signature = "signature secret method raw_path query_params headers body presigned explain"
    patches.take(SIGNATURES, "header_signature_failure", signature)
    patches.take(SIGNATURES, "decode_header_value", "value")
    for name, parameters in (
        ("parse_header_signature", "headers"),
        ("parse_query_signature", "query_params"),
        ("request_time_failure", "signature now"),
        ("presigned_request_is_expired", "amz_date expires now"),
    ):
        patches.take(SIGNATURES, name, parameters)
    patches.take(EVALUATOR, "resolve_credential", "access_key_id account_id session_token")
    patches.take(EVALUATOR, "find_iam_access_key_account", "access_key_id")
    patches.take(EVALUATOR, "_sigv2_check", "request account_id")


def refusal(request: SignedRequest, body: bytes) -> Refusal | None:
    """The reason to reject a request's signature, or None when it is valid."""
    signatures = importlib.import_module(SIGNATURES)
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("AWS ") or "AWSAccessKeyId" in request.query:
        return _version_2(request)
    presigned = not authorization
    if presigned and "X-Amz-Credential" not in request.query:
        return missing()
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


def missing() -> Refusal:
    """The refusal of a request without a signature."""
    return Refusal(
        "MissingAuthenticationToken",
        "the request is not signed: `mdlc local env` prints the credentials of this server",
    )


def _expired(signatures: Any, parsed: Any, request: SignedRequest) -> Refusal | None:
    seconds = (request.query.get("X-Amz-Expires") or [""])[0]
    try:
        expired = signatures.presigned_request_is_expired(parsed.amz_date, seconds)
    except ValueError:
        expired = True
    return Refusal("AccessDenied", "Request has expired") if expired else None


def _credential(access_key: str, token: str) -> Any:
    """The access key's credential (secret and owner), or the `Refusal` when it is unknown."""
    evaluator = importlib.import_module(EVALUATOR)
    if credentials.names_account(access_key):
        credential = evaluator.resolve_credential(access_key, access_key, token)
    else:
        session = importlib.import_module("ministack.services.sts")._sessions.get(access_key)
        account = evaluator.find_iam_access_key_account(access_key) if session is None else None
        if (session is None and account is None) or access_key in ("", "test"):
            return Refusal(
                "UnrecognizedClientException",
                f"The security token included in the request is invalid: the key {access_key[:40]!r} is none "
                "of this server; `mdlc local env` prints its credentials",
            )
        arn = str((session or {}).get("Arn", ""))
        owner = (session or {}).get("AccountId") or (arn.split(":")[4] if arn.count(":") > 4 else account)
        credential = evaluator.resolve_credential(access_key, owner, token)
    if isinstance(credential, evaluator.CredentialResolutionError):
        return Refusal(credential.code, credential.message)
    return credential


def _version_2(request: SignedRequest) -> Refusal | None:
    """Verify a Signature Version 2, which boto3 still uses for S3's presigned URLs in us-east-1."""
    evaluator = importlib.import_module(EVALUATOR)
    authorization = request.headers.get("authorization", "")
    in_query = (request.query.get("AWSAccessKeyId") or [""])[0]
    access_key = in_query or authorization.removeprefix("AWS ").partition(":")[0]
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
