"""The signature is botocore's, for any request; botocore is what AWS itself ships."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from lambdas.aws.signing import Credentials, signed, signing_key

MOMENT = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
NAMES = st.sampled_from(["content-type", "x-amz-target", "x-amz-invocation-type", "accept"])
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def by_botocore(path: str, headers: dict[str, str], body: bytes, token: str, service: str) -> str:
    request = AWSRequest(method="POST", url=f"https://host.test{path}", headers=headers, data=body)
    request.context["timestamp"] = MOMENT.strftime("%Y%m%dT%H%M%SZ")
    signer = SigV4Auth(ReadOnlyCredentials("AKID", "secret", token or None), service, "eu-west-1")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return str(signature)


@given(
    st.lists(st.text(max_size=8), max_size=3),
    st.dictionaries(NAMES, TEXTS),
    st.binary(max_size=50),
    st.sampled_from(["", "token"]),
    st.sampled_from(["dynamodb", "sagemaker", "lambda"]),
)
def test_the_signature_is_that_of_botocore(
    segments: list[str], headers: dict[str, str], body: bytes, token: str, service: str
) -> None:

    path = "/" + "/".join(quote(s, safe="") for s in segments if s and s not in (".", ".."))
    ours = signed(
        method="POST",
        path=path,
        headers={"host": "host.test", **headers},
        body=body,
        service=service,
        region="eu-west-1",
        credentials=Credentials(access_key="AKID", secret_key="secret", session_token=token),
        moment=MOMENT.strftime("%Y%m%dT%H%M%SZ"),
    )
    theirs = by_botocore(path, {"host": "host.test", **headers}, body, token, service)
    assert ours["authorization"].rpartition("Signature=")[2] == theirs
    assert ours["authorization"].startswith(
        f"AWS4-HMAC-SHA256 Credential=AKID/20260301/eu-west-1/{service}/aws4_request, SignedHeaders="
    )


def test_the_key_is_the_one_in_aws_documentation() -> None:
    # The example of the AWS General Reference, "Deriving the signing key".
    key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


def test_no_token_is_no_header() -> None:
    arguments: dict[str, Any] = {"method": "POST", "path": "/", "body": b"", "service": "lambda"}
    made = signed(
        **arguments,
        headers={"host": "h"},
        region="eu-west-1",
        credentials=Credentials(access_key="a", secret_key="b"),
        moment="20260301T000000Z",
    )
    assert set(made) == {"host", "x-amz-date", "authorization"}


@pytest.mark.parametrize("service", ["dynamodb", "lambda"])
def test_keys_differ_by_service(service: str) -> None:
    assert signing_key("s", "20260301", "eu-west-1", service) != signing_key(
        "s", "20260301", "eu-west-1", "x"
    )
