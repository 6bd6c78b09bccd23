"""Calls of this server to itself without the network.

A state machine's tasks, jobs and logs call services through boto3, like any client. Sending a request over a
socket to the same process takes longer than answering it, so the signed request is passed directly to the
server's application.
"""

import asyncio
import contextlib
import contextvars
import io
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

Application = Callable[..., Awaitable[None]]

IN_PROCESS = "mdlc.in_process"
"""The key that marks the ASGI scope of a call from this process; requests over the network cannot set it."""

_server: tuple[Application, asyncio.AbstractEventLoop, str] | None = None


def serve(application: Application, loop: asyncio.AbstractEventLoop, endpoint: str) -> None:
    """Set the application that answers calls to `endpoint`, and its event loop."""
    global _server
    _server = (application, loop, endpoint)


def shorten(client: Any) -> None:
    """Make a boto3 client's requests bypass the network."""
    client.meta.events.register("before-send", _send)


def _send(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    """The answer, or None to send the request over the network."""
    if _server is None or not request.url.startswith(_server[2]):
        return None
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray):
        return None  # a stream
    application, loop, _endpoint = _server
    if threading.get_ident() == getattr(loop, "_thread_id", None):
        return None  # the event loop would wait for itself
    call = _Call(request, bytes(body))
    # A new context, so that the request does not inherit the sender's context variables.
    loop.call_soon_threadsafe(call.begin, application, loop, context=contextvars.Context())
    return call.answer()


class _Raw(io.BytesIO):
    """The body of an answer, with the methods by which botocore reads one from the network."""

    def stream(self, amount: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """The rest of the body in pieces."""
        del decode_content
        while piece := self.read(amount):
            yield piece


class _Call:
    """One request to the application, and its answer."""

    def __init__(self, request: AWSPreparedRequest, body: bytes) -> None:
        url = urlsplit(request.url)
        headers = {str(name).lower(): _bytes(value) for name, value in request.headers.items()}
        headers.setdefault("host", url.netloc.encode())
        headers["content-length"] = str(len(body)).encode()
        self._url = request.url
        self._body: bytes | None = body
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.1"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(url.path) or "/",
            "raw_path": (url.path or "/").encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value) for name, value in headers.items()],
            "client": ("127.0.0.1", 0),
            "server": (url.hostname, url.port),
            IN_PROCESS: True,
        }
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._answered = threading.Event()
        self._problem: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        """Start the request; must run on the event loop."""
        self._over = loop.create_future()
        self._task = loop.create_task(self._run(application))

    def answer(self) -> AWSResponse:
        """Wait for the answer."""
        self._answered.wait()
        if self._problem is not None:
            raise ConnectionError(f"{self._url}: {self._problem!r}") from self._problem
        headers: Any = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._headers}
        return AWSResponse(self._url, self._status, headers, _Raw(b"".join(self._pieces)))

    async def _run(self, application: Application) -> None:
        try:
            await application(self._scope, self._receive, self._keep)
        except BaseException as problem:
            self._problem = problem
            raise
        finally:
            self._answered.set()
            with contextlib.suppress(asyncio.InvalidStateError):
                self._over.set_result(None)

    async def _receive(self) -> dict[str, Any]:
        if self._body is None:
            await self._over  # the caller does not disconnect before the answer
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _keep(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self._pieces.append(message.get("body", b""))


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
