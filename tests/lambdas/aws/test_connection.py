import socket
import time
from typing import Any

import boto3
import pytest

from lambdas.aws import connection
from lambdas.aws.connection import DYNAMODB, LAMBDA, SAGEMAKER_RUNTIME, Connection, NoAnswer, Service, TooLate
from tests.lambdas.http_services import Drop, Reply, Services

HEADERS = {"x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0"}
BODY = b'{"TableName": "t", "Key": {"k": {"S": "1"}}}'


@pytest.fixture
def open_connection(services: Services) -> Connection:
    services.table("t", "k")
    return connection.connection(DYNAMODB)


def ask(open_connection: Connection, seconds: float = 5) -> connection.Response:
    return open_connection.call("POST", "/", HEADERS, BODY, seconds=seconds)


def drop() -> Reply | None:
    raise Drop


def late() -> Reply | None:
    time.sleep(0.3)
    return None


def test_calls_share_one_connection(services: Services, open_connection: Connection) -> None:
    answers = [ask(open_connection) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3 and answers[0].body == b"{}"
    assert answers[0].headers["content-type"] == "application/x-amz-json-1.0"
    assert services.connections == 1
    assert connection.connection(DYNAMODB) is open_connection
    headers = services.asked[0][2]
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert headers["host"] == services.url.removeprefix("http://")


def test_a_session_token_is_sent(
    services: Services, open_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    ask(open_connection)
    assert services.asked[0][2]["x-amz-security-token"] == "token"


def test_a_late_answer_is_too_late_and_its_connection_is_not_used_again(
    services: Services, open_connection: Connection
) -> None:
    services.faults["GetItem"] = [late]
    began = time.monotonic()
    with pytest.raises(TooLate, match=r"did not answer within 0.05 s"):
        ask(open_connection, seconds=0.05)
    assert time.monotonic() - began < 0.25
    assert ask(open_connection).status == 200
    assert services.connections == 2


def test_a_kept_connection_that_was_closed_is_made_anew(
    services: Services, open_connection: Connection
) -> None:
    ask(open_connection)
    services.faults["GetItem"] = [drop]
    assert ask(open_connection).status == 200
    assert services.connections == 2


def test_a_new_connection_that_breaks_is_an_error(services: Services, open_connection: Connection) -> None:
    services.faults["GetItem"] = [drop]
    with pytest.raises(NoAnswer, match="broke off"):
        ask(open_connection)
    assert services.count("GetItem") == 1


def test_a_connection_that_rested_is_made_anew(
    services: Services, open_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(open_connection)
    monkeypatch.setattr(connection, "MAX_IDLE_SECONDS", 0.0)
    ask(open_connection)
    assert services.connections == 2


def test_a_connection_is_made_anew_when_only_the_calendar_went_on(
    services: Services, open_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(open_connection)
    later = time.time() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    ask(open_connection)
    assert services.connections == 2


def test_nobody_there_is_an_error(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NoAnswer, match="is not reached"):
            Connection(DYNAMODB).connect()


def test_a_connection_takes_its_own_time(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.05)

    def slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("http.client.socket.create_connection", slow)
    with pytest.raises(TooLate, match=r"took no connection within 0.05 s"):
        Connection(DYNAMODB).connect()


def test_waiting_is_measured(services: Services, open_connection: Connection) -> None:
    services.faults["GetItem"] = [late]
    before = connection.waited()
    ask(open_connection)
    assert connection.waited() - before >= 0.3


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize(
    ("service", "name"),
    [(DYNAMODB, "dynamodb"), (LAMBDA, "lambda"), (SAGEMAKER_RUNTIME, "sagemaker-runtime")],
)
def test_services_are_where_botocore_finds_them(
    service: Service, name: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_ENDPOINT_URL", service.variable):
        monkeypatch.delenv(variable, raising=False)
    connect: Any = boto3.client  # its overloads know service names only as literals
    theirs = connect(name, region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
    assert connection.endpoint_url(service, region) == theirs.meta.endpoint_url
    assert service.signing_name == theirs.meta.service_model.signing_name
    monkeypatch.setenv(service.variable, "http://127.0.0.1:1")
    theirs = connect(name, region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
    assert connection.endpoint_url(service, region) == theirs.meta.endpoint_url == "http://127.0.0.1:1"
