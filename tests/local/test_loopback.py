"""A call of the server to itself has the answer that the network would bring."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mdlc_local import loopback

ENDPOINT = "http://127.0.0.1:1"
"""Nothing listens there: what is answered did not go over the network."""

Scope = dict[str, Any]


class Application:
    """Answers S3 requests from what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b"hello"
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        self.bodies.append((await receive())["body"])
        if self.status == 0:
            raise KeyError("broken")
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body[:2], "more_body": True})
        await send({"type": "http.response.body", "body": self.body[2:]})


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    served = Application()
    monkeypatch.setattr(loopback, "_server", (served, loop, ENDPOINT))
    yield served
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def s3() -> Any:
    connect: Any = boto3.client
    client = connect(
        "s3",
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, s3={"addressing_style": "path"}),
    )
    loopback.shorten(client)
    return client


def test_an_answer_that_is_a_stream(application: Application, s3: Any) -> None:
    answer = s3.get_object(Bucket="bucket", Key="a b/é")
    assert (answer["ContentType"], answer["Body"].read(3), answer["Body"].read()) == (
        "text/plain",
        b"hel",
        b"lo",
    )
    scope = application.scopes[0]
    assert (scope["method"], scope["path"], scope["raw_path"]) == (
        "GET",
        "/bucket/a b/é",
        b"/bucket/a%20b/%C3%A9",
    )
    headers = dict(scope["headers"])
    assert headers[b"host"] == b"127.0.0.1:1"
    assert b"Credential=a/" in headers[b"authorization"]


def test_an_error(application: Application, s3: Any) -> None:
    application.status = 404
    application.body = b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
    with pytest.raises(ClientError, match="gone"):
        s3.get_object(Bucket="bucket", Key="key")


def test_a_body_and_a_query(application: Application, s3: Any) -> None:
    application.body = b"<DeleteResult></DeleteResult>"
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "x"}]})
    assert b"<Key>x</Key>" in application.bodies[0]
    assert application.scopes[0]["query_string"] == b"delete"


def test_an_application_that_fails(application: Application, s3: Any) -> None:
    application.status = 0
    with pytest.raises(ConnectionError, match="broken"):
        s3.get_object(Bucket="bucket", Key="key")


def test_another_endpoint_is_reached_over_the_network(
    application: Application, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "_server", (application, None, "http://127.0.0.1:2"))
    with pytest.raises(Exception, match="Could not connect"):
        s3.get_object(Bucket="bucket", Key="key")
    assert application.scopes == []
