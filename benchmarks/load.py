"""A load generator: one process with many keep-alive connections, each with one pending request.

It repeats the same bytes and does as little as possible in Python, so that one core can saturate a server
that does more work per request. It reports how much of its core it used.
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
    """The server closed a connection, did not answer, or answered with a status other than 200."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """The result of one measurement.

    Attributes:
        latencies: the latency of every answered request in seconds, sorted.
        seconds: the duration of the measurement.
        own_cpu_seconds: the CPU time of the generator itself.
    """

    latencies: Sequence[float]
    seconds: float
    own_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Answered requests per second."""
        return len(self.latencies) / self.seconds

    @property
    def busy(self) -> float:
        """The share of its core that the generator used."""
        return self.own_cpu_seconds / self.seconds

    def milliseconds(self, share: float) -> float:
        """The latency percentile at this share, in milliseconds."""
        return percentile(self.latencies, share) * 1000


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    if not ordered:
        raise ValueError("ordered=[]: there is no percentile of nothing")
    exact = share * len(ordered)
    rank = int(exact) if exact == int(exact) else int(exact) + 1
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def http_request(body: bytes, content_type: str) -> bytes:
    """The bytes of an HTTP request POST /invocations."""
    head = f"POST /invocations HTTP/1.1\r\nHost: {_HOST}\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def complete(answer: bytes) -> bool:
    """Whether these bytes are a complete HTTP response.

    Raises:
        LoadError: when they have neither a content length nor chunks.
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
    """Keep every connection busy for that many seconds.

    Raises:
        LoadError: when an answer is missing or its status is not 200.
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
