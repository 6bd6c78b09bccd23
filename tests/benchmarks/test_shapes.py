import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import embedded, shapes

OUTPUTS = {"Url": "https://abc123.execute-api.us-east-1.amazonaws.com/live/"}
ANSWERS = {
    "/endpoints/benchmark/invocations": {"score": 0.5},
    "/_aws/execute-api/abc123/live/decisions": {"fallback": None, "rules_version": "1"},
    "/_aws/execute-api/abc123/live/decisions/express": {"fallback": None, "rules_version": "1"},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    broken = False

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256") and body
        answer = json.dumps({"score": 7} if self.broken else ANSWERS[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setitem(embedded._secrets, address, "secret")
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def test_each_way_is_asked_where_it_is(url: str) -> None:
    found = shapes.measure(url, shapes.ways(url, OUTPUTS), requests=3, rounds=1, seconds=0.05)
    assert list(found) == [shapes.ALONE, shapes.LAMBDA, shapes.EXPRESS]
    assert all(len(way.latencies) == 3 and way.per_second > 0 for way in found.values())


def test_a_wrong_answer_ends_the_measurement(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "broken", True)
    ask = shapes.ways(url, OUTPUTS)[shapes.ALONE]
    with pytest.raises(AssertionError):
        shapes.measure(url, {shapes.ALONE: ask}, requests=1, rounds=0, seconds=0.05)
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    with pytest.raises(AssertionError):
        ask(connection)
    connection.close()
