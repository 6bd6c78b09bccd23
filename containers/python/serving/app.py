"""SageMaker's container contract over ASGI: GET /ping, POST /invocations, GET /execution-parameters."""

import importlib
import json
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from serving.bodies import RequestError, version_as_json
from serving.ending import Ending
from serving.rows import Rows
from serving.service import Answering, Service
from serving.turns import Turns
from serving.workers import workers

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger("uvicorn.error")

_OFFER = json.dumps(
    {"MaxConcurrentTransforms": workers(), "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
).encode()
_TEXT = "text/plain; charset=utf-8"


def load_service() -> Service:
    """Load the model of this container by ``model.py``, and its feature program if there is one.

    Raises:
        Exception: any error of ``load``; the container does not become healthy then.
    """
    folder = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model"
    # Imported only here: the imports of model.py are installed only in a container.
    model = importlib.import_module("model")
    loaded = model.load(folder)
    rows = Rows.of(folder)
    return Service(
        predict=partial(model.predict, loaded),
        version=version_as_json(os.environ.get("MDLC_MODEL_VERSION")),
        prepare=rows.read if rows else None,
    )


class Application:
    """The ASGI application; it loads the model when its process starts, before it accepts connections.

    Args:
        load: returns the service.
        ending: the handler of SIGTERM; None when the process is not ended by SIGTERM.
    """

    def __init__(self, load: Callable[[], Answering] = load_service, ending: Ending | None = None) -> None:
        self._load = load
        self._ending = ending
        self._service: Answering | None = None
        self._turns = Turns()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle an ASGI scope: the server's lifespan, or an HTTP request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._service = self._load()
        except Exception as error:
            log.exception("the model cannot be loaded")
            await send({"type": "lifespan.startup.failed", "message": f"The model cannot be loaded: {error}"})
            return
        if self._ending:
            self._ending.arm()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        asked = (scope["method"], scope["path"])
        if asked == ("POST", "/invocations"):
            await self._invoke(scope["headers"], receive, send)
        elif asked == ("GET", "/ping"):
            ready = HTTPStatus.OK if self._service else HTTPStatus.SERVICE_UNAVAILABLE
            await self._send(send, ready, _TEXT, b"")
        elif asked == ("GET", "/execution-parameters"):
            await self._send(send, HTTPStatus.OK, "application/json", _OFFER)
        else:
            await self._send(send, HTTPStatus.NOT_FOUND, _TEXT, b"POST /invocations or GET /ping.\n")

    async def _invoke(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
        content_type = accept = ""
        for name, value in headers:
            if name == b"content-type":
                content_type = value.decode("latin-1")
            elif name == b"accept":
                accept = value.decode("latin-1")
        body = await _body(receive)
        if body is None or self._service is None:
            return
        service = self._service
        status = HTTPStatus.OK
        try:
            kind, answer = await self._turns.take(
                len(body), lambda: service.answer(body, content_type, accept)
            )
        except RequestError as error:
            status, kind, answer = HTTPStatus(error.status), _TEXT, f"{error}\n".encode()
        except Exception:
            log.exception("the model failed")
            status, kind, answer = (
                HTTPStatus.INTERNAL_SERVER_ERROR,
                _TEXT,
                b"The model failed: its log says why.\n",
            )
        await self._send(send, status, kind, answer)

    async def _send(self, send: Send, status: int, kind: str, body: bytes) -> None:
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
        if self._ending and self._ending.began:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes | None:
    """The whole request body; None when the client disconnected."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    return None


application = Application(ending=Ending())
