"""Smithy's RPC v2 with CBOR, by which newer AWS SDKs call services that also have a JSON API.

A request becomes one of the JSON API before any service receives it, and the answer becomes CBOR again.
Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import datetime
import importlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from mdlc_local import asgi

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PROTOCOL = b"rpc-v2-cbor"
_PATH = re.compile(r"/service/(?P<service>[^/]+)/operation/(?P<operation>\w+)")
_NATIVE = re.compile(r"GraniteServiceVersion|CloudWatch|monitoring", re.IGNORECASE)
"""CloudWatch's service reads CBOR itself."""


class Cbor:
    """ASGI middleware that translates requests and answers of the protocol, and passes all others on."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope (ASGI)."""
        path = _PATH.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        headers = dict(scope.get("headers", ()))
        if path is None or headers.get(b"smithy-protocol") != PROTOCOL or _NATIVE.search(path["service"]):
            await self._application(scope, receive, send)
            return
        body = await asgi.body(receive)
        try:
            request = _cbor2().loads(body) if body else {}
        except (_cbor2().CBORDecodeError, EOFError):
            await _answer(
                send, 400, {"__type": "SerializationException", "message": "the request is no CBOR"}
            )
            return
        sent = json.dumps(request, default=_plain).encode()
        headers[b"x-amz-target"] = f"{path['service']}.{path['operation']}".encode()
        headers[b"content-type"] = b"application/x-amz-json-1.1"
        headers[b"content-length"] = str(len(sent)).encode()
        translated = {**scope, "path": "/", "raw_path": b"/", "headers": list(headers.items())}
        answered: list[Message] = []

        async def once() -> Message:
            return {"type": "http.request", "body": sent, "more_body": False}

        async def collect(message: Message) -> None:
            answered.append(message)

        await self._application(translated, once, collect)
        content = b"".join(message.get("body", b"") for message in answered)
        status = next(message["status"] for message in answered if message["type"] == "http.response.start")
        await _answer(send, status, json.loads(content or b"{}"))


def _cbor2() -> Any:
    """The package, which only the server's own environment has."""
    return importlib.import_module("cbor2")


async def _answer(send: Send, status: int, content: Any) -> None:
    headers = [(b"content-type", b"application/cbor"), (b"smithy-protocol", PROTOCOL)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": _cbor2().dumps(content)})


def _plain(value: Any) -> Any:
    """A value that JSON lacks, as the JSON APIs have it."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return value.decode("latin-1")
    raise TypeError(f"{type(value).__name__} cannot be sent to a JSON API")
