import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from benchmarks import load
from benchmarks.load import Load, LoadError, complete, generate, http_request, percentile

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (OK, True),
        (OK[:-1], False),
        (OK[:20], False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nyes\r\n", False),
    ],
)
def test_where_an_answer_ends(answer: bytes, whole: bool) -> None:
    assert complete(answer) is whole


def test_an_answer_without_a_length_is_refused() -> None:
    with pytest.raises(LoadError, match="without a length"):
        complete(b"HTTP/1.1 200 OK\r\n\r\n")


def test_percentiles_are_values_that_were_seen() -> None:
    ordered = [float(number) for number in range(1, 101)]
    assert [percentile(ordered, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]
    assert percentile([7.0], 0.99) == 7
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_what_a_load_says() -> None:
    one = Load(latencies=[0.001, 0.002, 0.003, 0.004], seconds=2.0, own_cpu_seconds=0.5)
    assert (one.per_second, one.busy, one.milliseconds(0.5)) == (2.0, 0.25, 2.0)


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """Answers every request with what the list holds, in two pieces."""
    listener = socket.create_server(("127.0.0.1", 0))
    answers = [OK]
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):
            while not ended.is_set() and connection.recv(65536):
                for piece in (answers[0][:10], answers[0][10:]):
                    connection.sendall(piece)

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1], answers
    ended.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_every_connection_is_kept_busy(server: tuple[int, list[bytes]]) -> None:
    found = generate(server[0], http_request(b"1,2", "text/csv"), connections=3, seconds=0.2)
    assert len(found.latencies) > 10
    assert list(found.latencies) == sorted(found.latencies)
    assert found.seconds >= 0.2


def test_an_error_ends_the_measurement(server: tuple[int, list[bytes]]) -> None:
    server[1][0] = OK.replace(b"200 OK", b"500 No")
    with pytest.raises(LoadError, match="500"):
        generate(server[0], http_request(b"1,2", "text/csv"), connections=1, seconds=1)


def test_a_server_that_stops_answering_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_WAIT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(LoadError, match="no answer"):
        generate(silent.getsockname()[1], http_request(b"", "text/csv"), connections=1, seconds=1)
