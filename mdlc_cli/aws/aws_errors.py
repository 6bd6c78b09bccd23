"""Explains errors of AWS and of its SDK in one sentence with what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mdlc_client import errors

LOG_IN = (
    "log in again, such as with `aws sso login`, or renew the access key that AWS_PROFILE or the environment "
    "names"
)
ASK = "ask for this permission, or use another profile with AWS_PROFILE"
EXPIRED = (
    *errors.EXPIRED,
    *("UnauthorizedSSOTokenError", "SSOTokenLoadError", "SSOError", "TokenRetrievalError"),
    *("PendingAuthorizationExpiredError", "LoginRefreshRequired", "LoginTokenLoadError"),
)
"""Error codes of services, and names of the SDK's exceptions, after which logging in again helps."""
THROTTLED = (
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "SlowDown"),
    *("RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "TooManyRequests"),
    *("ProvisionedThroughputExceededException", "BandwidthLimitExceeded", "PriorRequestNotComplete"),
)
UNAVAILABLE = (
    *("ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError"),
    *("InternalServerError", "InternalServerException", "InternalServiceException", "500", "503"),
)
UNREACHABLE = (
    *("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"),
    *("ConnectionError", "HTTPClientError", "ProxyConnectionError", "SSLError", "ResponseStreamingError"),
)
NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError")
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")

_DENIAL = re.compile(
    r"(?:User: (?P<who>\S+) is )?not authorized to perform: (?P<action>[^\s:]+:\S+)"
    r"(?: on resource: (?P<resource>\S+))?(?P<why>.*)",
    re.DOTALL,
)
_BECAUSE = re.compile(r"(?:because|with) (.+)", re.DOTALL)
_URL = re.compile(r"https?://[^\s\"'?]+")


def is_of_aws(error: BaseException) -> bool:
    """Whether an exception is one of AWS's SDK."""
    return type(error).__module__.partition(".")[0] in ("botocore", "boto3", "s3transfer")


def is_expired(error: BaseException) -> bool:
    """Whether an exception says that the login has expired."""
    error = _cause(error)
    return _code(error) in EXPIRED or type(error).__name__ in EXPIRED


def is_denied(error: BaseException) -> bool:
    """Whether an exception says that a permission is missing."""
    return _code(_cause(error)).rpartition(".")[2] in errors.DENIED


def is_throttled(error: BaseException) -> bool:
    """Whether an exception says that AWS throttles requests."""
    return _code(_cause(error)) in THROTTLED


def sentence(error: BaseException) -> str:
    """What failed and what to do, as one sentence without a full stop."""
    error = _cause(error)
    code, name = _code(error), type(error).__name__
    if is_expired(error):
        return f"the AWS login has expired ({code or name}): {LOG_IN}"
    if code in errors.UNKNOWN_KEY:
        return (
            f"AWS does not know the access key in use, or its signature is wrong ({code}): check the profile "
            f"(AWS_PROFILE), the key, and this machine's clock"
        )
    if is_denied(error):
        return _denied(error, code)
    if code in THROTTLED:
        return (
            f"AWS throttled {_operation(error)} after several tries ({code}): wait a minute and try again, "
            "or have the quota of this API raised"
        )
    if code in UNAVAILABLE:
        return f"AWS failed in {_operation(error)} ({code}): try again in some minutes"
    if name in UNREACHABLE:
        return _unreachable(error)
    if name in NO_CREDENTIALS:
        return "there are no AWS credentials: log in, such as with `aws sso login`, or set AWS_PROFILE"
    if name == "CredentialRetrievalError":
        return f"the AWS credentials cannot be fetched ({_flat(error)}): {LOG_IN}"
    if name == "ProfileNotFound":
        return f"{_flat(error)}: set AWS_PROFILE to one that `aws configure list-profiles` lists"
    if name == "NoRegionError":
        return "no AWS region is configured: set AWS_REGION, or `region` of the profile"
    return f"AWS refused: {_flat(error)}"


def _cause(error: BaseException) -> BaseException:
    """The service's error, which boto3 hides behind its own when an upload fails."""
    behind = error.__context__
    return behind if behind is not None and _code(behind) else error


def _denied(error: BaseException, code: str) -> str:
    match = _DENIAL.search(_message(error))
    if match is None:
        return f"the identity in use may not call {_operation(error)} ({code}): {ASK}"
    who, action = match["who"] or "the identity in use", match["action"].rstrip(".,")
    on = f" on {match['resource'].rstrip('.,')}" if match["resource"] else ""
    reason = _BECAUSE.search(match["why"])
    why = f" ({' '.join(reason[1].split()).rstrip('.')})" if reason else ""
    return f"{who} may not do {action}{on}{why}: {ASK}"


def _unreachable(error: BaseException) -> str:
    details: Mapping[str, Any] = getattr(error, "kwargs", {})
    match = _URL.search(str(details.get("endpoint_url") or details.get("proxy_url") or error))
    parts = urlsplit(match[0]) if match else None
    if parts is not None and parts.hostname in LOCAL_HOSTS:
        return (
            f"the local AWS at {parts.scheme}://{parts.netloc} does not answer: look with "
            "`mdlc local status`, or start it with `mdlc local up`"
        )
    # The URL of a proxy may hold a password.
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts is not None else "AWS"
    return (
        f"{where} cannot be reached ({type(error).__name__}): check the network, the proxy (HTTPS_PROXY) and "
        "the region"
    )


def _code(error: BaseException | None) -> str:
    response = getattr(error, "response", None)
    return str((response.get("Error") or {}).get("Code", "")) if isinstance(response, Mapping) else ""


def _message(error: BaseException) -> str:
    response = getattr(error, "response", {})
    return str((response.get("Error") or {}).get("Message", ""))


def _operation(error: BaseException) -> str:
    return str(getattr(error, "operation_name", "") or "a call")


def _flat(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
