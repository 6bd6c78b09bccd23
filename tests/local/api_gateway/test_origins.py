"""Pages of other origins reach an API where its template lets them, and nothing else by way of it."""

import http.client
from typing import Any

import pytest

from tests.local.api_gateway.gateway import GOOD, Stack
from tests.local.embedded import Server

PAGE = "https://app.example"


def deployed(server: Server, *, cors: bool) -> str:
    """An API whose root answers GET for anybody; returns the path of its stage."""
    gateway: Any = server.client("apigateway")
    api = gateway.create_rest_api(name="open")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    for method in ("GET", "OPTIONS") if cors else ("GET",):
        named = {"restApiId": api, "resourceId": root, "httpMethod": method}
        gateway.put_method(**named, authorizationType="NONE")
        gateway.put_integration(
            **named, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
        )
        allowed = {"method.response.header.Access-Control-Allow-Origin": True} if cors else {}
        gateway.put_method_response(**named, statusCode="200", responseParameters=allowed)
        values = dict.fromkeys(allowed, f"'{PAGE}'")
        gateway.put_integration_response(
            **named, statusCode="200", responseParameters=values, responseTemplates={"application/json": "{}"}
        )
    gateway.create_deployment(restApiId=api, stageName="live")
    return f"/_aws/execute-api/{api}/live/"


def ask(
    server: Server, method: str, path: str, headers: dict[str, str] | None = None
) -> tuple[int, str | None]:
    """The status, and the origin whose pages may read the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("Access-Control-Allow-Origin")


@pytest.fixture(scope="module")
def closed(server: Server) -> str:
    return deployed(server, cors=False)


@pytest.fixture(scope="module")
def shared(server: Server) -> str:
    return deployed(server, cors=True)


def test_a_program_needs_no_origin(server: Server, closed: str) -> None:
    assert ask(server, "GET", closed) == (200, None)


def test_a_page_of_another_origin_is_refused_by_default(server: Server, closed: str) -> None:
    assert ask(server, "GET", closed, {"Origin": PAGE}) == (403, None)
    assert ask(server, "GET", closed, {"Sec-Fetch-Site": "cross-site"}) == (403, None)
    assert ask(server, "OPTIONS", closed, {"Origin": PAGE}) == (403, None)


def test_the_page_that_a_template_names_may_ask(server: Server, shared: str) -> None:
    preflight = {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Sec-Fetch-Site": "cross-site"}
    assert ask(server, "OPTIONS", shared, preflight) == (200, PAGE)
    assert ask(server, "GET", shared, {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}) == (200, PAGE)


def test_no_service_is_reached_by_way_of_an_open_stage(server: Server, shared: str) -> None:
    target = {"X-Amz-Target": "AmazonSSM.PutParameter", "Content-Type": "application/x-amz-json-1.1"}
    api = shared.split("/")[3]
    for path in (f"/_aws/execute-api/{api}/live/../../../../", f"/_aws/execute-api/{api}/none/"):
        assert ask(server, "POST", path, target)[0] in (400, 403), path
    host = {"Host": f"{api}.execute-api.us-east-1.amazonaws.com"}
    for path in ("/_ministack/health", "/_mdlc/health", "/none/", "/", "/_ministack/reset"):
        assert ask(server, "POST", path, {**host, **target})[0] in (400, 403), path
    assert ask(server, "GET", "/live/", host) == (200, PAGE)


def test_who_names_an_accounts_key_must_hold_its_secret(stack: Stack) -> None:
    for key in ("test", "000000000000", "123456789012", ""):
        scope = f"{key}/20261130/us-east-1/execute-api/aws4_request"
        forged = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
        answer = stack.post("/signed", GOOD, {"Authorization": forged, "X-Amz-Date": "20261130T000000Z"})
        assert answer.status in (400, 403), key
    assert stack.post("/signed").status == 403
