"""Signs requests with AWS Signature Version 4, for latency-critical functions.

Importing botocore takes longer than a whole decision may take, and a call with it needs more CPU time than
all our own steps. So decisions sign their few kinds of calls here; tests compare the signature with
botocore's. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The AWS credentials that sign a request."""

    access_key: str
    secret_key: str
    session_token: str = ""


@lru_cache(maxsize=16)
def signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    """The signing key of one day (``YYYYMMDD``), region and service."""
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signed(
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    service: str,
    region: str,
    credentials: Credentials,
    moment: str,
) -> dict[str, str]:
    """The headers with the date and a signature of all of them.

    Args:
        path: the path as it is sent, without a query.
        headers: with lower-case names, including `host`.
        moment: the time of signing as ``YYYYMMDDTHHMMSSZ``.
    """
    all_headers = {**headers, "x-amz-date": moment}
    if credentials.session_token:
        all_headers["x-amz-security-token"] = credentials.session_token
    names = sorted(all_headers)
    signed_names = ";".join(names)
    canonical = "\n".join(
        (
            method,
            quote(path, safe="/~"),
            "",
            *(f"{name}:{' '.join(all_headers[name].split())}" for name in names),
            "",
            signed_names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = signing_key(credentials.secret_key, moment[:8], region, service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    all_headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={signed_names}, Signature={signature}"
    )
    return all_headers
