"""Connections are kept, and a server that closes an idle one costs no request."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mdlc_local.sagemaker.containers.connections import Connections


@contextmanager
def container(*, closes: bool = False) -> Iterator[tuple[Connections, list[Any]]]:
    """A server that notes the client address of each request, and may close behind the client's back."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if body == b"drop":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            time.sleep(1 if body == b"slow" else 0)
            seen.append(self.client_address)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = closes

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    connections = Connections(server.server_port)
    yield connections, seen
    connections.close()
    server.shutdown()
    server.server_close()
    thread.join()


def ask(connections: Connections, body: bytes, seconds: float = 5) -> bytes:
    return connections.request("POST", "/invocations", body, {"X-A": "1"}, seconds).body


def test_a_connection_is_kept() -> None:
    with container() as (connections, seen):
        assert [ask(connections, b"a"), ask(connections, b"b")] == [b"a", b"b"]
        assert seen[0] == seen[1]


def test_a_connection_closed_meanwhile_is_made_anew() -> None:
    with container(closes=True) as (connections, seen):
        for _ in range(20):
            assert ask(connections, b"a") == b"a"
        assert len(set(seen)) == 20


def test_a_server_that_breaks_off() -> None:
    with container() as (connections, _), pytest.raises(ConnectionError):
        ask(connections, b"drop")


def test_no_answer_in_time() -> None:
    with container() as (connections, _):
        with pytest.raises(TimeoutError):
            ask(connections, b"slow", 0.1)
        assert ask(connections, b"a") == b"a", "the connection that timed out is not used again"


def test_two_packets_cost_no_delayed_acknowledgement() -> None:
    with container() as (connections, _):
        ask(connections, b"warm")
        started = time.perf_counter()
        for _ in range(20):
            ask(connections, b"a")
        assert (time.perf_counter() - started) / 20 < 0.03
