"""A load generator: one process, many kept-alive connections, each with one request under way.

It sends the same bytes again and again and does as little as Python lets it, so that one core of it keeps a
server busy that does more than that for each request. It tells how much of its core it used.
"""

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

_HOST = "127.0.0.1"
_WAIT_SECONDS = 30.0
_LENGTH = b"content-length:"
_CHUNKED = b"transfer-encoding: chunked"


class LoadError(Exception):
    """The server broke off or answered with something else than 200."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of it.

    Attributes:
        latencies: seconds of every answered request, in order of size.
        seconds: how long it took.
        own_cpu_seconds: what the generator itself used.
    """

    latencies: Sequence[float]
    seconds: float
    own_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def busy(self) -> float:
        """The share of its core that the generator used."""
        return self.own_cpu_seconds / self.seconds

    def milliseconds(self, share: float) -> float:
        """The latency that this share of requests did not exceed."""
        return percentile(self.latencies, share) * 1000


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that at least this share of the values does not exceed."""
    if not ordered:
        raise ValueError("ordered=[]: there is no percentile of nothing")
    exact = share * len(ordered)
    rank = int(exact) if exact == int(exact) else int(exact) + 1
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def http_request(body: bytes, content_type: str) -> bytes:
    """POST /invocations as bytes."""
    head = f"POST /invocations HTTP/1.1\r\nHost: {_HOST}\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def complete(answer: bytes) -> bool:
    """Whether these bytes are a whole HTTP answer.

    Raises:
        LoadError: when they do not say how long they are.
    """
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    place = head.find(_LENGTH)
    if place >= 0:
        text = head[place + len(_LENGTH) :].partition(b"\r\n")[0]
        return len(answer) >= end + 4 + int(text)
    if _CHUNKED in head:
        return answer.endswith(b"0\r\n\r\n")
    raise LoadError(f"an answer without a length: {answer[:200]!r}")


def generate(port: int, request: bytes, *, connections: int, seconds: float) -> Load:
    """Keep every connection busy for that long.

    Raises:
        LoadError: when any answer is missing or is not 200.
    """
    waiting: dict[int, tuple[socket.socket, float, bytes]] = {}
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        try:
            for _ in range(connections):
                connection = socket.create_connection((_HOST, port), timeout=_WAIT_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
                waiting[connection.fileno()] = (connection, 0.0, b"")
            cpu, start = time.process_time(), time.perf_counter()
            for number, (connection, _, _) in list(waiting.items()):
                waiting[number] = (connection, time.perf_counter(), b"")
                connection.sendall(request)
            now = start
            while now < start + seconds:
                ready = selector.select(_WAIT_SECONDS)
                if not ready:
                    raise LoadError(f"no answer within {_WAIT_SECONDS:g} s")
                for key, _ in ready:
                    connection, sent, before = waiting[key.fd]
                    received = connection.recv(65536)
                    if not received:
                        raise LoadError("the server closed a connection with a request under way")
                    answer = before + received if before else received
                    if not complete(answer):
                        waiting[key.fd] = (connection, sent, answer)
                        continue
                    if not answer.startswith(b"HTTP/1.1 200"):
                        raise LoadError(f"the server answered {answer[:200]!r}")
                    now = time.perf_counter()
                    latencies.append(now - sent)
                    waiting[key.fd] = (connection, now, b"")
                    connection.sendall(request)
                now = time.perf_counter()
            used = time.process_time() - cpu
        finally:
            for connection, _, _ in waiting.values():
                connection.close()
    return Load(latencies=sorted(latencies), seconds=now - start, own_cpu_seconds=used)
