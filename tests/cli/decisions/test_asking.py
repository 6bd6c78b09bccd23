from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.httpsession import URLLib3Session

from mdlc_cli.decisions import asking, programs
from mdlc_cli.decisions.decision_apis import DecisionApi, Path
from mdlc_cli.errors import CommandError
from tests.cli.decisions.test_rules import API
from tests.cli.fakes import FakeClient, FakeTarget
from tests.workflows.decision.settings import DECISIONS

DECISION_API = DecisionApi(
    rules=API,
    stack="Flights",
    rest_api_id="abc",
    stage="live",
    deployment="d1",
    url="https://abc.execute-api.us-east-1.amazonaws.com/live/",
    schema=DECISIONS.request_schema(),
    paths=(Path(path="/decisions", authorization="AWS_IAM"),),
)
ROW = {"distance": 3}
DECIDED = {"request_id": "r-1", "decision": "wait", "score": 0.25, "model_version": 7, "fallback": None}


class Response:
    def __init__(self, status: int, content: object) -> None:
        self.status_code = status
        self.content = content if isinstance(content, bytes) else json.dumps(content).encode()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Response | Exception) -> list[Any]:
    sent = []

    def send(self: object, request: Any) -> Response:
        sent.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(URLLib3Session, "send", send)
    return sent


def test_a_request_is_signed_and_its_decision_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = answering(monkeypatch, Response(200, DECIDED))
    answer = asking.by_api(FakeTarget(), DECISION_API)("r-1", ROW)
    assert (answer.request_id, answer.content, answer.version) == ("r-1", DECIDED, 7)
    (request,) = sent
    assert request.url == "https://abc.execute-api.us-east-1.amazonaws.com/live/decisions"
    assert json.loads(request.body) == {"request_id": "r-1", "row": ROW}
    assert "/us-east-1/execute-api/aws4_request" in request.headers["Authorization"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Response(400, {"message": "Invalid request body"}),
            "answered 400 (Invalid request body): compare the row with `mdlc openapi`",
        ),
        (
            Response(403, {"Message": "User: x is not authorized to perform: execute-api:Invoke"}),
            "answered 403 (User: x is not authorized to perform: execute-api:Invoke): sign in as",
        ),
        (Response(409, {"message": "was used for another row."}), "another row): leave --request-id out"),
        (Response(429, {"message": None}), 'answered 429 ({"message": null}): ask again after a pause'),
        (Response(503, {"message": "ask again."}), "503 (ask again): ask again with --request-id r-1"),
        (Response(502, b"<html>\x1b[31m"), "answered 502 (<html>\x1b[31m): ask again with"),
        (Response(504, b""), "answered 504 (it says no more): ask again with --request-id r-1"),
        (Response(200, [1]), "answered 200 ([1]), which is no decision"),
        (EndpointConnectionError(endpoint_url="https://abc"), "cannot be reached (Could not connect"),
    ],
)
def test_an_answer_that_is_no_decision_is_one_sentence(
    answer: Response | Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, answer)
    with pytest.raises(CommandError) as refused:
        asking.by_api(FakeTarget(), DECISION_API)("r-1", ROW)
    assert str(refused.value).startswith("flights-decisions ") and message in str(refused.value)


def test_an_api_with_an_authorizer_of_its_own_is_not_asked() -> None:
    api = DecisionApi(**{**vars(DECISION_API), "paths": (Path(path="/decisions", authorization="CUSTOM"),)})
    with pytest.raises(CommandError, match="a token of its own authorizer"):
        asking.by_api(FakeTarget(), api)


def endpoint(answer: bytes | ClientError) -> FakeTarget:
    def invoke_endpoint(**_: object) -> dict[str, Any]:
        if isinstance(answer, ClientError):
            raise answer
        return {"Body": io.BytesIO(answer)}

    return FakeTarget(clients={"sagemaker-runtime": FakeClient(invoke_endpoint=invoke_endpoint)})


@pytest.mark.parametrize(
    ("body", "content", "version"),
    [
        (b'{"score": 0.5, "version": 3}\n', {"score": 0.5, "version": 3}, 3),
        (b"0.5\n", {"score": 0.5}, None),
        (b"high", {"score": "high"}, None),
    ],
)
def test_an_endpoint_answers_with_a_score(body: bytes, content: object, version: int | None) -> None:
    target = endpoint(body)
    answer = asking.by_endpoint(target, "flights", model="flights")("r-1", ROW)
    assert (answer.content, answer.version) == (content, version)
    ((_, request),) = target.clients["sagemaker-runtime"].calls
    assert (request["InferenceId"], request["Body"]) == ("r-1", b'{"distance": 3}\n')


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        ("ValidationError", "Endpoint flights of account 1 not found.", "no endpoint flights yet: release"),
        ("ModelError", "Received client error (400)", "ModelError (line 1: mend it): correct the row"),
        ("AccessDeniedException", "User: x is not authorized", "sagemaker:InvokeEndpoint on it"),
        ("ThrottlingException", "Slow down.", "answered ThrottlingException (Slow down): try again"),
    ],
)
def test_what_an_endpoint_refuses_is_one_sentence(code: str, message: str, sentence: str) -> None:
    response: Any = {"Error": {"Code": code, "Message": message}}
    if code == "ModelError":
        response["OriginalMessage"] = "line 1: mend it."
    with pytest.raises(CommandError) as refused:
        asking.by_endpoint(endpoint(ClientError(response, "InvokeEndpoint")), "flights", model="flights")(
            "r-1", ROW
        )
    assert sentence in str(refused.value)


def test_the_endpoint_is_the_one_of_the_newest_release() -> None:
    def released(at: str, **more: str) -> dict[str, str]:
        return {"sk": f"EXECUTION#{at}", "workflow": "release", "outcome": "Succeeded", **more}

    items = [released("2026-02", endpoint="new"), released("2026-01", endpoint="old")]
    failed = {**released("2026-03", endpoint="failed"), "outcome": "Failed"}
    assert asking.endpoint_of([*items, failed], "flights") == "new"
    with pytest.raises(CommandError, match="flights has no endpoint yet: release a version with `mdlc rel"):
        asking.endpoint_of([failed], "flights")


def package(**metadata: str) -> dict[str, FakeClient]:
    arn = "arn:aws:sagemaker:us-east-1:000000000000:model-package/flights/7"
    described = {"ModelPackageArn": arn, "ModelPackageVersion": 7, "CustomerMetadataProperties": metadata}
    return {
        "sagemaker": FakeClient(
            list_model_packages={"ModelPackageSummaryList": [{"ModelPackageArn": arn}]},
            describe_model_package=described,
        )
    }


def test_a_versions_program_has_a_digest_and_columns() -> None:
    document = b'{"columns": {"distance": "number"}}'
    s3 = FakeClient(get_object=lambda **_: {"Body": io.BytesIO(document)})
    target = FakeTarget(clients={**package(program="s3://b/splits/1/program/"), "s3": s3})
    of_version = programs.Programs(target=target, model="flights")
    program = of_version.of(7)
    assert program is not None and program is of_version.of(7)
    assert (program.uri, dict(program.columns)) == (
        "s3://b/splits/1/program/program.json",
        {"distance": "number"},
    )
    assert program.digest == hashlib.sha256(document).hexdigest()
    assert [of_version.of(version) for version in (8, None, "7", True)] == [None] * 4
    assert len(s3.calls) == 1


def test_a_program_that_a_caller_may_not_read_is_left_out() -> None:
    def get_object(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetObject")

    clients = {**package(program="s3://b/program/"), "s3": FakeClient(get_object=get_object)}
    assert programs.Programs(target=FakeTarget(clients=clients), model="flights").of(7) is None
    assert programs.Programs(target=FakeTarget(clients=package()), model="flights").of(7) is None
