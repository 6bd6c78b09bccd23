"""The server's own paths answer JSON, and name what is wrong."""

import asyncio
import json
from typing import Any

from mdlc_local import control


def ask(method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    """Ask in two pieces, as ASGI may deliver a body."""
    pieces = [
        {"body": body[:3], "more_body": True},
        {"body": body[3:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return pieces.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(control.answer(method, path, receive, send))
    return int(sent[0]["status"]), json.loads(sent[1]["body"])


def test_a_route_gets_the_body() -> None:
    control.route("POST", "test-sum", lambda body: {"sum": sum(body["numbers"])})
    assert ask("POST", "/_mdlc/test-sum", b'{"numbers": [1, 2]}') == (200, {"sum": 3})


def test_a_wrong_body_is_said() -> None:
    def refuse(body: dict[str, Any]) -> None:
        raise ValueError("role=None must be a text")

    control.route("POST", "test-refuse", refuse)
    assert ask("POST", "/_mdlc/test-refuse") == (400, {"message": "role=None must be a text"})
    assert ask("POST", "/_mdlc/test-refuse", b"no json")[0] == 400


def test_an_unknown_path_is_said() -> None:
    assert ask("GET", "/_mdlc/nothing") == (404, {"message": "GET /_mdlc/nothing does not exist"})
