"""One row a request, few at a time, and whose fault an error is."""

import io
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from lambdas.probing import asking
from lambdas.probing.asking import MAX_CALLS, ask
from lambdas.probing.comparison import Answer
from lambdas.probing.rows import Row
from tests.lambdas.fakes import client_error


class Endpoint:
    """Answers with the row's own number, or raises what the row is named for."""

    def __init__(self, raising: dict[str, Exception] | None = None, seconds: float = 0) -> None:
        self.raising, self.seconds = raising or {}, seconds
        self.asked: list[dict[str, Any]] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        body = request["Body"].decode()
        with self.lock:
            self.asked.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.seconds)
        with self.lock:
            self.at_once -= 1
        if body in self.raising:
            raise self.raising[body]
        return {"Body": io.BytesIO(f'{{"score": {body}, "version": 7}}'.encode())}


def rows(*bodies: object) -> list[Row]:
    return [Row(body=str(body), content_type="application/jsonlines") for body in bodies]


def test_every_row_is_a_request_of_its_own_with_a_recognizable_id() -> None:
    endpoint = Endpoint(seconds=0.002)
    answers = ask(endpoint, "e", rows(*range(40)), run="f" * 16, seconds=30)
    assert answers == [Answer(scores=(float(n),), version="7") for n in range(40)]
    assert sorted(int(request["Body"]) for request in endpoint.asked) == list(range(40))
    ids = {request["InferenceId"] for request in endpoint.asked}
    assert len(ids) == 40
    assert all(id_.startswith("probe-" + "f" * 16) and len(id_) <= 64 for id_ in ids)
    assert {(r["EndpointName"], r["ContentType"]) for r in endpoint.asked} == {("e", "application/jsonlines")}
    assert 1 < endpoint.most_at_once <= MAX_CALLS


@pytest.mark.parametrize(
    "error",
    [
        client_error("ModelError", "a teapot", "InvokeEndpoint"),
        client_error("ServiceUnavailable", "gone", "InvokeEndpoint"),
        client_error("ServiceUnavailableException", "gone", "InvokeEndpoint"),
        client_error("InternalFailure", "?", "InvokeEndpoint"),
        client_error("ModelNotReadyException", "?", "InvokeEndpoint"),
        ReadTimeoutError(endpoint_url="https://e"),
        ConnectionClosedError(endpoint_url="https://e"),
    ],
)
def test_an_error_is_an_answer_and_a_bad_one(error: Exception) -> None:
    found = ask(Endpoint({"2": error}), "e", rows(1, 2, 3), run="r", seconds=30)
    assert [None if answer is None else answer.scores for answer in found] == [(1.0,), None, (3.0,)]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationError", "ThrottlingException"])
def test_what_the_endpoint_is_not_to_blame_for_fails_the_prober(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAUSES_SECONDS", (0.0,))
    endpoint = Endpoint({"2": client_error(code, "no", "InvokeEndpoint")})
    with pytest.raises(ClientError, match=code):
        ask(endpoint, "e", rows(1, 2, 3), run="r", seconds=30)


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException", "Rate exceeded", "InvokeEndpoint"),
        EndpointConnectionError(endpoint_url="https://e"),
        ConnectTimeoutError(endpoint_url="https://e"),
    ],
)
def test_a_call_that_reached_nobody_is_tried_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSES_SECONDS", (0.0, 0.0))

    class Passing(Endpoint):
        def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
            if sum(one["Body"] == request["Body"] for one in self.asked) == 2:
                self.raising = {}
            return super().invoke_endpoint(**request)

    endpoint = Passing({"2": error})
    found = ask(endpoint, "e", rows(2), run="r", seconds=30)
    assert found == [Answer(scores=(2.0,), version="7")]
    assert len(endpoint.asked) == 3


def test_when_the_time_is_over_the_first_answers_are_there() -> None:
    endpoint = Endpoint(seconds=0.02)
    found = ask(endpoint, "e", rows(*range(1000)), run="r", seconds=0.2)
    assert 0 < len(found) < 1000
    assert [answer.scores[0] for answer in found if answer] == [float(n) for n in range(len(found))]
    assert ask(endpoint, "e", rows(1), run="r", seconds=-1) == []
    assert ask(endpoint, "e", [], run="r", seconds=1) == []
