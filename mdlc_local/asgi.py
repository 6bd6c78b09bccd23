"""Reads the body of a request (ASGI)."""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]


async def body(receive: Receive) -> bytes:
    """The whole body; what has come so far when the client goes away."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        # The message that the client has gone away has none of these members.
        if not message.get("more_body"):
            return b"".join(pieces)
