"""A web page on the same machine, which knows everything but the secret, gets nothing done."""

import hashlib
import http.client
import json
import stat
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.local.conftest import Clients
from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow

EVIL = "https://evil.example"
ROLE = "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def readable_by_pages(self) -> list[str]:
        """The headers by which a browser would show the answer to a page of another origin."""
        return [name for name in self.headers if name.startswith("access-control-")]


def send(
    server: Server, method: str, path: str, headers: dict[str, str] | None = None, body: str = ""
) -> Answer:
    """Send exactly this, as a browser or a program could."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    given = {"Host": f"127.0.0.1:{server.port}", "Content-Length": str(len(body)), **(headers or {})}
    for name, value in given.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    found = Answer(
        answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    )
    connection.close()
    return found


def signed(
    server: Server,
    service: str,
    body: str = "",
    *,
    keys: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    method: str = "POST",
    path: str = "/",
) -> dict[str, str]:
    """The headers of a request with a signature; by default the deployer's."""
    given = {"Host": f"127.0.0.1:{server.port}", **(headers or {})}
    made = AWSRequest(method, f"http://{given['Host']}{path}", given, body)
    SigV4Auth(Credentials(*(keys or server.credentials).values()), service, REGION).add_auth(made)
    return {name: str(value) for name, value in made.headers.items()}


CONSTANT = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.mark.parametrize("access_key", ["test", ACCOUNT, "123456789012", "AKIAIOSFODNN7EXAMPLE", ""])
@pytest.mark.parametrize("secret", ["test", "", "secret"])
def test_a_guessed_secret_signs_nothing(server: Server, access_key: str, secret: str) -> None:
    keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret}
    answer = send(server, "POST", "/", signed(server, "iam", ROLE, keys=keys, headers=FORM), ROLE)
    assert answer.status in (400, 403)
    roles = server.client("iam").list_roles()["Roles"]
    assert "r" not in [role["RoleName"] for role in roles]


CREATE_FUNCTION = json.dumps(
    {"FunctionName": "f", "Runtime": "python3.12", "Role": "arn:aws:iam::000000000000:role/r",
     "Handler": "h.h", "Code": {"ZipFile": ""}}
)  # fmt: skip
FUNCTIONS = "/2015-03-31/functions"


@pytest.mark.parametrize(
    ("method", "path", "service", "body"),
    [
        ("POST", "/", "iam", ROLE),
        ("POST", FUNCTIONS, "lambda", CREATE_FUNCTION),
        ("POST", f"{FUNCTIONS}/f/invocations", "lambda", "{}"),
        ("GET", "/", "s3", ""),
        ("PUT", "/a-bucket", "s3", ""),
        ("POST", "/_mdlc/deny", "mdlc", '{"role": "r", "action": "s3:GetObject"}'),
    ],
)
class TestBrowser:
    """The page does not even get a request through that the right secret signs."""

    def test_a_page_of_another_origin_is_refused(
        self, server: Server, method: str, path: str, service: str, body: str
    ) -> None:
        for pretended in ({"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://localhost:3000"},
                          {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):  # fmt: skip
            headers = signed(server, service, body, headers=pretended, method=method, path=path)
            answer = send(server, method, path, headers, body)
            assert answer.status == 403, pretended
            assert "CrossOriginRequestRefused" in answer.body
            assert not answer.readable_by_pages

    def test_a_name_that_was_rebound_is_refused(
        self, server: Server, method: str, path: str, service: str, body: str
    ) -> None:
        for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example",
                     "amazonaws.com.evil.example", "xamazonaws.com", ""):  # fmt: skip
            headers = signed(server, service, body, headers={"Host": host}, method=method, path=path)
            assert send(server, method, path, headers, body).status in (400, 421), host

    def test_the_issues_own_attack_is_refused(
        self, server: Server, method: str, path: str, service: str, body: str
    ) -> None:
        pretended = {"Host": "evil.example", "Origin": EVIL}
        headers = signed(server, service, body, keys=CONSTANT, headers=pretended, method=method, path=path)
        assert send(server, method, path, headers, body).status == 421

    def test_unsigned_it_is_refused(
        self, server: Server, method: str, path: str, service: str, body: str
    ) -> None:
        answer = send(server, method, path, {}, body)
        assert answer.status == 403
        assert "MissingAuthenticationToken" in answer.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/health"),
        ("GET", "/_localstack/health"),
        ("GET", "/health"),
        ("GET", "/_ministack/lambda-code/f"),
        ("GET", "/_ministack/ses/messages"),
        ("GET", "/_mdlc/health"),
        ("GET", "/_mdlc/usage"),
        ("POST", "/_mdlc/evaluate"),
        ("PUT", "/_ministack/cfn-response/guess"),
        ("GET", "/_aws/execute-api/abcdefgh12/live/"),
        ("GET", "/_aws/lambda-url/abc/"),
        ("GET", "/iceberg/v1/config"),
        ("GET", "/v2/"),
        ("OPTIONS", "/"),
        ("OPTIONS", "/a-bucket/key"),
    ],
)
def test_what_is_no_service_wants_a_signature_too(server: Server, method: str, path: str) -> None:
    assert send(server, method, path).status == 403
    assert server.control("GET", "health")["pid"] == server.process.pid


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Authorization": "AWS4-HMAC-SHA256"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=/a/b/c/d, SignedHeaders=host, Signature=0"},
        {"Authorization": "AWS test:c2lnbmF0dXJl", "Date": "Mon, 30 Nov 2026 00:00:00 GMT"},
        {"X-Amz-Target": "AWSCognitoIdentityProviderService.AdminCreateUser"},
        {"X-Amz-Target": "AmazonSSM.PutParameter"},
    ],
)
def test_half_a_signature_is_none(server: Server, headers: dict[str, str]) -> None:
    assert send(server, "POST", "/", headers, "{}").status in (400, 403)


def test_a_signature_holds_for_its_request_only(server: Server) -> None:
    headers = signed(server, "iam", ROLE, headers=FORM)
    other = ROLE.replace("RoleName=r", "RoleName=s")
    answer = send(server, "POST", "/", headers, other)
    assert answer.status == 403
    assert "SignatureDoesNotMatch" in answer.body
    assert send(server, "GET", "/a-bucket", headers).status == 403


def test_a_body_that_was_replaced_after_signing_is_refused(server: Server, client: Clients) -> None:
    client("s3").create_bucket(Bucket="replaced")
    headers = signed(
        server,
        "s3",
        "signed",
        method="PUT",
        path="/replaced/key",
        headers={"X-Amz-Content-Sha256": hashlib.sha256(b"signed").hexdigest()},
    )
    answer = send(server, "PUT", "/replaced/key", headers, "others")
    assert "XAmzContentSHA256Mismatch" in answer.body
    assert "Contents" not in client("s3").list_objects_v2(Bucket="replaced")
    assert send(server, "PUT", "/replaced/key", headers, "signed").status == 200


def test_any_twelve_digits_with_the_secret_choose_their_account(server: Server) -> None:
    keys = server.credentials | {"aws_access_key_id": "123456789012"}
    assert server.client("sts", credentials=keys).get_caller_identity()["Account"] == "123456789012"


def test_who_uses_keys_of_before_is_told_what_to_do(server: Server) -> None:
    with pytest.raises(ClientError, match="`mdlc local env` prints its credentials"):
        server.client("sqs", credentials=CONSTANT).list_queues()
    with pytest.raises(ClientError, match="`mdlc local env` prints its credentials"):
        server.client("s3", credentials=CONSTANT).list_buckets()
    with pytest.raises(ClientError, match="`mdlc local env` prints its credentials"):
        server.client("iam", credentials=CONSTANT).list_roles()


def test_users_and_roles_sign_with_their_own_keys(server: Server, make_role: Any) -> None:
    role: Role = make_role()
    assert server.client("sts", credentials=role.credentials).get_caller_identity()["Arn"]
    forged = role.credentials | {"aws_secret_access_key": "x" * 40}
    with pytest.raises(ClientError):
        server.client("sts", credentials=forged).get_caller_identity()
    iam = server.client("iam")
    iam.create_user(UserName="someone")
    key = iam.create_access_key(UserName="someone")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert server.client("sts", credentials=keys).get_caller_identity()["Arn"].endswith("user/someone")


@pytest.mark.parametrize("path", ["/_mdlc/usage", "/_ministack/health", "/_ministack/reset"])
def test_a_role_does_not_administer_the_server(server: Server, make_role: Any, path: str) -> None:
    role: Role = make_role(allow("*"))
    method = "POST" if path.endswith("reset") else "GET"
    headers = signed(server, "mdlc", keys=role.credentials, method=method, path=path)
    answer = send(server, method, path, headers)
    assert answer.status == 403
    assert "is for the account" in answer.body


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_an_address_that_was_signed_beforehand_serves_its_object_until_it_expires(
    server: Server, client: Clients, version: str
) -> None:
    bucket = f"presigned-{version}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="a/b c", Body=b"content")
    connect: Any = boto3.client
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    keys = server.credentials
    s3 = connect("s3", endpoint_url=server.endpoint, region_name=REGION, config=config, **keys)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/b c"})
    place = urlsplit(url)
    assert send(server, "GET", f"{place.path}?{place.query}").body == "content"
    assert send(server, "GET", f"{place.path}?{place.query[:-2]}00").status == 403
    other = place.path.replace("a/b", "a/c")
    assert send(server, "GET", f"{other}?{place.query}").status == 403
    late = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/b c"}, ExpiresIn=1)
    place = urlsplit(late)
    time.sleep(2.1)
    assert send(server, "GET", f"{place.path}?{place.query}").status == 403


def test_a_presigned_address_by_another_secret_is_refused(server: Server) -> None:
    made = AWSRequest("GET", f"{server.endpoint}/a-bucket/key")
    S3SigV4QueryAuth(Credentials(ACCOUNT, "test"), "s3", REGION).add_auth(made)
    place = urlsplit(str(made.url))
    assert send(server, "GET", f"{place.path}?{place.query}").status == 403


def test_answers_let_no_page_of_another_origin_read_them(server: Server) -> None:
    empty = {"X-Amz-Content-Sha256": hashlib.sha256(b"").hexdigest()}
    for service, path in (("s3", "/"), ("mdlc", "/_mdlc/health"), ("mdlc", "/_ministack/health")):
        headers = signed(server, service, method="GET", path=path, headers=empty)
        answer = send(server, "GET", path, headers)
        assert answer.status == 200
        assert not answer.readable_by_pages


def test_no_websocket_is_opened(server: Server) -> None:
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": EVIL,
    }  # fmt: skip
    assert send(server, "GET", "/_aws/execute-api/abcdefgh12/live", upgrade).status == 403


def test_the_secret_is_for_its_owner_only(server: Server) -> None:
    assert stat.S_IMODE((server.state_dir / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.state_dir.stat().st_mode) == 0o700
    assert len(server.credentials["aws_secret_access_key"]) >= 40
