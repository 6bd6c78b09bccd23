"""The server's own paths below ``/_mdlc/``, which AWS does not have: its state, and controls for tests."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from mdlc_local import asgi

PREFIX = "/_mdlc/"

Handler = Callable[[dict[str, Any]], Any]
_routes: dict[tuple[str, str], Handler] = {}


def route(method: str, name: str, handler: Handler) -> None:
    """Register the handler of ``<method> /_mdlc/<name>``.

    It takes the request's JSON body (``{}`` for an empty body) and returns the answer; a `ValueError` is
    answered with 400 and its message.
    """
    _routes[method, name] = handler


async def answer(
    method: str,
    path: str,
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Serve one request below the prefix (ASGI)."""
    body = await asgi.body(receive)
    handler = _routes.get((method, path.removeprefix(PREFIX)))
    status, content = 404, {"message": f"{method} {path} does not exist"} if handler is None else None
    if handler is not None:
        try:
            status, content = 200, handler(json.loads(body or b"{}"))
        except ValueError as error:
            status, content = 400, {"message": str(error)}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content, default=str).encode()})
