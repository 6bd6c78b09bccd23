"""The application as an ASGI server drives it."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from serving.app import Application
from serving.service import Service

Answer = tuple[int, str, bytes]


def service() -> Service:
    def predict(rows: list[list[float]]) -> list[float]:
        if rows[0][0] == 0:
            raise ZeroDivisionError
        return [1 / row[0] for row in rows]

    return Service(predict=predict, version="7")


def answers(
    *asked: tuple[str, str, Iterable[bytes]], load: Callable[[], Service] = service, live: bool = True
) -> list[Answer]:
    async def drive() -> list[Answer]:
        application = Application(load)
        if live:
            told = await begin(application)
            assert told == {"type": "lifespan.startup.complete"}
        return [await ask(application, *one) for one in asked]

    return asyncio.run(drive())


async def begin(application: Application) -> Any:
    """What the application says when its server starts."""
    told: list[Any] = []
    ready = asyncio.Event()

    async def receive() -> Any:
        if ready.is_set():
            await asyncio.Event().wait()
        ready.set()
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        told.append(message)

    life = asyncio.create_task(application({"type": "lifespan"}, receive, send))
    await ready.wait()
    await asyncio.sleep(0)
    life.cancel()
    return told[0]


async def ask(application: Application, method: str, path: str, parts: Iterable[bytes]) -> Answer:
    pieces = list(parts)
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, start=1)
    ]
    told: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    headers = [(b"content-type", b"text/csv"), (b"accept", b"*/*")]
    await application({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    if not told:
        return 0, "", b""
    start, body = told
    given = dict(start["headers"])
    assert int(given[b"content-length"]) == len(body["body"])
    return start["status"], given[b"content-type"].decode(), body["body"]


def test_the_contract() -> None:
    ping, offer, answer, unknown, wrong_method = answers(
        ("GET", "/ping", [b""]),
        ("GET", "/execution-parameters", [b""]),
        ("POST", "/invocations", [b"2\n4\n"]),
        ("GET", "/", [b""]),
        ("GET", "/invocations", [b""]),
    )
    assert ping[0] == 200
    assert json.loads(offer[2])["BatchStrategy"] == "MULTI_RECORD"
    assert answer == (200, "text/csv", b"0.5\n0.25\n")
    assert (unknown[0], wrong_method[0]) == (404, 404)


def test_a_body_in_several_parts() -> None:
    ((status, _, body),) = answers(("POST", "/invocations", [b"2\n", b"", b"4"]))
    assert (status, body) == (200, b"0.5\n0.25\n")


def test_a_caller_who_goes_away_gets_no_answer() -> None:
    async def drive() -> list[Any]:
        application, told = Application(service), []
        await begin(application)
        messages = [{"type": "http.request", "body": b"2\n", "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            told.append(message)

        scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": []}
        await application(scope, receive, send)
        return told

    assert asyncio.run(drive()) == []


def test_the_callers_mistake_and_the_models() -> None:
    wrong, broken = answers(("POST", "/invocations", [b"two"]), ("POST", "/invocations", [b"0"]))
    assert wrong == (400, "text/plain; charset=utf-8", b"Line 1, column 1: 'two' is no number.\n")
    assert broken[0] == 500 and b"ZeroDivisionError" not in broken[2]


def test_it_is_not_healthy_before_the_model_is_loaded() -> None:
    assert answers(("GET", "/ping", [b""]), live=False)[0][0] == 503


def test_a_model_that_cannot_be_loaded_ends_the_start(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Service:
        raise ValueError("No model here.")

    with caplog.at_level(logging.ERROR):
        told = asyncio.run(begin(Application(broken)))
    assert told["type"] == "lifespan.startup.failed" and "No model here." in told["message"]
