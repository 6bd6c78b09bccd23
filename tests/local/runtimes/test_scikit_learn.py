"""The stand-in runs as a process of a Python without packages, as the server runs it."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mdlc_local.runtimes.scikit_learn import default_input_fn, default_output_fn, default_predict_fn, replied
from tests.local.embedded import PACKAGE, free_port

SCRIPT = PACKAGE / "runtimes" / "scikit_learn.py"
STEPS = """
    import os

    def model_fn(model_dir):
        return open(model_dir + "/word.txt").read()

    def input_fn(body, content_type):
        return [type(body).__name__, content_type, body if isinstance(body, str) else body.decode()]

    def predict_fn(data, model):
        if data[2] == "break":
            raise KeyError("broken")
        return [model, *data]

    class Refusal:
        def __call__(self, environ, start_response):
            start_response("418 I'm a Teapot", [("Content-Type", "text/x")])
            return [b"a ", b"teapot"]

    def output_fn(prediction, accept):
        if prediction[3] == "teapot":
            return Refusal()
        if prediction[3] == "bare":
            return b"bare"
        if prediction[3] == "number":
            return 7
        return " ".join([*prediction, accept]), accept
"""


@contextlib.contextmanager
def container(folder: Path, code: str, **variables: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    (folder / "model" / "code").mkdir(parents=True, exist_ok=True)
    (folder / "model" / "word.txt").write_text("word")
    (folder / "model" / "code" / "mine.py").write_text(textwrap.dedent(code))
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "SAGEMAKER_BASE_DIR": str(folder),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_PROGRAM": "mine.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": str(folder / "model" / "code"),
        **variables,
    }
    command = [sys.executable, "-I", "-S", str(SCRIPT)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield port, process
    finally:
        process.kill()
        process.communicate()


def connect(port: int, process: "subprocess.Popen[str]") -> http.client.HTTPConnection:
    """A connection, once the container answers /ping."""
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/ping")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
            return connection
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[http.client.HTTPConnection]:
    variables = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
    with (
        container(tmp_path_factory.mktemp("ml"), STEPS, **variables) as (port, process),
        contextlib.closing(connect(port, process)) as connection,
    ):
        yield connection


def ask(
    connection: http.client.HTTPConnection, body: bytes | str, kind: str = "text/csv", accept: str = "*/*"
) -> tuple[int, str | None, str]:
    connection.request("POST", "/invocations", body, {"Content-Type": kind, "Accept": accept})
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read().decode()


def test_a_script_answers_in_four_steps(served: http.client.HTTPConnection) -> None:
    said = (200, "text/csv; charset=utf-8", "word str text/csv 1,2 text/csv")
    assert ask(served, "1,2") == said
    assert ask(served, "1,2", accept="application/x")[1:] == (
        "application/x",
        "word str text/csv 1,2 application/x",
    )
    assert (
        ask(served, "ü".encode(), "application/jsonlines")[2] == "word bytes application/jsonlines ü text/csv"
    )


def test_what_output_fn_may_return(served: http.client.HTTPConnection) -> None:
    assert ask(served, "teapot") == (418, "text/x", "a teapot")
    assert ask(served, "bare") == (200, "text/html; charset=utf-8", "bare")
    assert ask(served, "number")[0] == 500


def test_what_a_script_raises_is_a_server_error(served: http.client.HTTPConnection) -> None:
    assert ask(served, "break")[0] == 500
    assert ask(served, b"\xff")[0] == 500
    assert ask(served, "again")[0] == 200


def test_a_connection_is_kept(served: http.client.HTTPConnection) -> None:
    kept = served.sock
    assert ask(served, "1")[0] == 200
    assert served.sock is kept
    served.request("GET", "/elsewhere", headers={"Connection": "close"})
    answer = served.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (404, "close")
    answer.read()


def test_bodies_that_are_not_read(served: http.client.HTTPConnection) -> None:
    for head, status in (
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: 99999999", b"413"),
        (b"Content-Length: -1", b"411"),
    ):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as raw:
            raw.sendall(b"POST /invocations HTTP/1.1\r\n" + head + b"\r\n\r\n")
            assert raw.recv(100).split()[1] == status
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as raw:
        head = b"Content-Type: text/csv\r\nContent-Length: 1\r\nExpect: 100-continue"
        raw.sendall(b"POST /invocations HTTP/1.1\r\n" + head + b"\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        raw.sendall(b"x")
        assert raw.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_many_callers_at_once(served: http.client.HTTPConnection) -> None:
    def call(caller: int) -> set[str]:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        with contextlib.closing(connection):
            return {ask(connection, f"{caller}-{turn}")[2].split()[3] for turn in range(20)}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert answers == [{f"{caller}-{turn}" for turn in range(20)} for caller in range(8)]


def test_a_script_may_do_all_in_one(tmp_path: Path) -> None:
    code = """
    def model_fn(model_dir):
        return 2

    def transform_fn(model, content, content_type, accept):
        return str(model * float(content)), accept
    """
    with (
        container(tmp_path, code) as (port, process),
        contextlib.closing(connect(port, process)) as connection,
    ):
        assert ask(connection, "4") == (200, "application/json", "8.0")


@pytest.mark.parametrize(
    ("code", "variables", "said"),
    [
        ("def input_fn(*_): pass", {}, "mine.py has no model_fn"),
        (
            "def model_fn(_): pass\ndef transform_fn(*_): pass\ndef input_fn(*_): pass",
            {},
            "Cannot use transform_fn",
        ),
        ("", {"SAGEMAKER_PROGRAM": ""}, "SAGEMAKER_PROGRAM=''"),
        (
            "",
            {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/code.tar.gz"},
            "SAGEMAKER_SUBMIT_DIRECTORY='s3://b/code.tar.gz'",
        ),
        ("def model_fn(_): raise LookupError('no model')", {}, "LookupError: no model"),
    ],
)
def test_a_container_that_cannot_serve_ends(
    tmp_path: Path, code: str, variables: dict[str, str], said: str
) -> None:
    with container(tmp_path, code, **variables) as (_, process):
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert said in process.stderr.read()


class Doubling:
    def predict(self, data: Any) -> Any:
        return data * 2


def test_the_images_own_functions() -> None:
    for kind, content, text in (
        ("text/csv", "1,2\n3,4", "2.0,4.0\n6.0,8.0\n"),
        ("application/json", "[1, 2]", "2.0\n4.0\n"),
    ):
        predicted = default_predict_fn(default_input_fn(content, kind), Doubling())
        assert default_output_fn(predicted, "text/csv") == (text, "text/csv")
        assert json.loads(default_output_fn(predicted, "application/json")[0])
        stored, _ = default_output_fn(predicted, "application/x-npy")
        assert (default_input_fn(stored, "application/x-npy") == predicted).all()
    for function in (default_input_fn, default_output_fn):
        with pytest.raises(ValueError, match="text/x is not supported"):
            function("1", "text/x")


def test_a_body_may_be_bytes() -> None:
    assert replied((b"1", "application/x")) == (200, "application/x", b"1")
