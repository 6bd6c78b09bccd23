"""The local replacement of the model server of SageMaker's scikit-learn image: ``python -P scikit_learn.py``.

Serves a script with the functions ``model_fn``, ``input_fn``, ``predict_fn``, ``output_fn`` or
``transform_fn`` as the image does: some content types reach the script as text, an exception is answered with
500, and ``output_fn`` may return a body with its type, only a body, or a WSGI application. Follows
github.com/aws/sagemaker-containers (_transformer.py, _worker.py) and sagemaker-scikit-learn-container
(serving.py). Needs only the standard library, and NumPy for the image's default functions.
"""

import importlib
import io
import json
import os
import socketserver
import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

JSON, CSV, NPY, ANY = "application/json", "text/csv", "application/x-npy", "*/*"
TEXTS = (JSON, CSV)
"""Content types whose bodies are passed to a script as text."""

_MAX_BODY_BYTES = 20 * 1024 * 1024
_LINE_BYTES = 65_536
_SERVER_ERROR = b"Internal Server Error: see the container's log for what the script raised."

Reply = tuple[int, str, bytes]
"""Status, content type and body."""


class SettingError(Exception):
    """The container's environment or script does not meet the image's requirements."""


def load(environment: Any) -> ModuleType:
    """Import the script that SAGEMAKER_PROGRAM names, from the folder SAGEMAKER_SUBMIT_DIRECTORY.

    Raises:
        SettingError: naming the variable and the remedy.
    """
    name = environment.get("SAGEMAKER_PROGRAM", "")
    folder = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if not name.removesuffix(".py"):
        raise SettingError(f"SAGEMAKER_PROGRAM={name!r}: name the script, such as serve.py")
    if not Path(folder, name).with_suffix(".py").is_file():
        raise SettingError(
            f"SAGEMAKER_SUBMIT_DIRECTORY={folder!r}: name the folder that holds {name}, for example "
            "/opt/ml/model/code (an archive in S3 is not fetched locally)"
        )
    sys.path.insert(0, folder)
    script = importlib.import_module(name.removesuffix(".py"))
    if hasattr(script, "transform_fn") and any(
        hasattr(script, function) for function in ("input_fn", "predict_fn", "output_fn")
    ):
        raise SettingError(
            "Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn"
        )
    if not hasattr(script, "model_fn"):
        raise SettingError(f"{name} has no model_fn: please provide a model_fn implementation")
    return script


class Transformer:
    """A script with its loaded model.

    Args:
        script: the module.
        model_dir: the argument of ``model_fn``.
    """

    def __init__(self, script: ModuleType, model_dir: Path) -> None:
        self._model = script.model_fn(str(model_dir))
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        self._input: Callable[..., Any] = getattr(script, "input_fn", default_input_fn)
        self._predict: Callable[..., Any] = getattr(script, "predict_fn", default_predict_fn)
        self._output: Callable[..., Any] = getattr(script, "output_fn", default_output_fn)
        self._transform: Callable[..., Any] = getattr(script, "transform_fn", self._in_steps)

    def answer(self, body: bytes, content_type: str, accept: str) -> Reply:
        """The reply to one invocation."""
        kind = content_type or JSON
        wanted = self._default_accept if accept in ("", ANY) else accept
        try:
            content = body.decode() if kind in TEXTS else body
            return replied(self._transform(self._model, content, kind, wanted))
        except Exception:
            # Any exception of a script is logged and answered with 500, as Flask does.
            traceback.print_exc()
            return HTTPStatus.INTERNAL_SERVER_ERROR, "text/html; charset=utf-8", _SERVER_ERROR

    def _in_steps(self, model: Any, content: Any, content_type: str, accept: str) -> Any:
        return self._output(self._predict(self._input(content, content_type), model), accept)


def replied(result: Any) -> Reply:
    """The reply that Flask would make of a script's return value.

    Raises:
        TypeError: when Flask cannot answer with that value.
    """
    if isinstance(result, tuple):
        body, kind = result[0], result[1]
        return HTTPStatus.OK, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, _bytes(body)
    if isinstance(result, str | bytes):
        return HTTPStatus.OK, "text/html; charset=utf-8", _bytes(result)
    if not callable(result):
        raise TypeError(f"output_fn returned {type(result).__name__}: return a body and its content type")
    responses: list[Any] = []
    parts = result(
        {"REQUEST_METHOD": "POST", "PATH_INFO": "/invocations"},
        lambda *arguments: responses.append(arguments),
    )
    headers = {name.lower(): value for name, value in responses[0][1]}
    return int(responses[0][0].split()[0]), headers.get("content-type", JSON), b"".join(parts)


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def default_input_fn(content: Any, content_type: str) -> Any:
    """The NumPy array in a JSON, CSV or NPY body."""
    import numpy

    if content_type == JSON:
        return numpy.array(json.loads(content), dtype=numpy.float32)
    if content_type == CSV:
        rows = [line.split(",") for line in content.splitlines()]
        return numpy.array(rows).squeeze().astype(numpy.float32)
    if content_type == NPY:
        return numpy.load(io.BytesIO(content), allow_pickle=False)
    raise ValueError(f"Content type {content_type} is not supported by this framework")


def default_predict_fn(data: Any, model: Any) -> Any:
    """The model's prediction."""
    return model.predict(data)


def default_output_fn(prediction: Any, accept: str) -> tuple[str | bytes, str]:
    """A prediction as JSON, CSV or NPY, and its content type."""
    import numpy

    array = numpy.array(prediction)
    if accept == JSON:
        return json.dumps(array.tolist()), accept
    if accept == CSV:
        rows = array.reshape(-1, 1) if array.ndim == 1 else array
        return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()), accept
    if accept == NPY:
        buffer = io.BytesIO()
        numpy.save(buffer, array)
        return buffer.getvalue(), accept
    raise ValueError(f"Content type {accept} is not supported by this framework")


class Answering(Protocol):
    """What answers invocations."""

    def answer(self, content: bytes, content_type: str, accept: str, /) -> Reply:
        """The reply to one invocation."""


class Handler(socketserver.StreamRequestHandler):
    """Serves all requests of one connection.

    It parses HTTP itself, because the standard library's handler takes longer to parse the headers than a
    typical script takes to answer.
    """

    disable_nagle_algorithm = True
    transformer: Answering

    def handle(self) -> None:
        """Answer requests until the caller closes the connection."""
        try:
            while self._serve_request():
                pass
        except ConnectionError:
            return

    def _serve_request(self) -> bool:
        words = self.rfile.readline(_LINE_BYTES).split()
        if len(words) != 3:
            return False
        method, path = words[0], words[1].partition(b"?")[0]
        headers: dict[bytes, bytes] = {}
        while (line := self.rfile.readline(_LINE_BYTES)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        size = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers or not size.isdigit():
            self._send(HTTPStatus.LENGTH_REQUIRED, "text/plain", b"give Content-Length", keep=False)
            return False
        if int(size) > _MAX_BODY_BYTES:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text/plain", b"payload too large", keep=False)
            return False
        if headers.get(b"expect", b"").lower() == b"100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(size))
        keep = headers.get(b"connection", b"").lower() != b"close" and words[2] == b"HTTP/1.1"
        self._send(*self._reply(method, path, headers, body), keep=keep)
        return keep

    def _reply(self, method: bytes, path: bytes, headers: dict[bytes, bytes], body: bytes) -> Reply:
        if (method, path) == (b"POST", b"/invocations"):
            kind, accept = (headers.get(name, b"").decode("latin-1") for name in (b"content-type", b"accept"))
            return self.transformer.answer(body, kind, accept)
        if (method, path) == (b"GET", b"/ping"):
            return HTTPStatus.OK, "application/json", b""
        return HTTPStatus.NOT_FOUND, "text/plain", b"not found"

    def _send(self, status: int, kind: str, body: bytes, *, keep: bool) -> None:
        head = (
            f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n{'' if keep else 'Connection: close'}"
        )
        # Written at once, so that no part waits for the acknowledgement of another.
        self.wfile.write(f"{head.rstrip()}\r\n\r\n".encode("latin-1", "replace") + body)


class Server(socketserver.ThreadingTCPServer):
    """The server, with a thread per connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


def main() -> int:
    """Serve until the process is ended; returns 1 when the container's settings are wrong."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    try:
        Handler.transformer = Transformer(load(os.environ), base / "model")
    except SettingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    with Server(("127.0.0.1", port), Handler) as server:
        print("Model loaded successfully", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
