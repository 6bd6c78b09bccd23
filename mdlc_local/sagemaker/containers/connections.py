"""Keep-alive connections to a model server; a request that finds its connection closed is sent again."""

import http.client
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass

_HOST = "127.0.0.1"
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)


@dataclass(frozen=True)
class Answer:
    """A container's answer.

    Attributes:
        status: the HTTP status.
        headers: the headers by their names in lower case.
        body: the answer's bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """The connections to one port of this machine; safe to use from several threads.

    Args:
        port: the port that the model server listens on.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    def request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        """Send one HTTP request and return the answer.

        Raises:
            TimeoutError: when no answer arrives in time.
            OSError: when the server cannot be reached or its answer is incomplete.
        """
        connection = self._take()
        if connection is not None:
            try:
                return self._send(connection, method, path, body, headers, timeout_seconds)
            except TimeoutError:
                raise
            except ConnectionError:
                # The server closed the idle connection, so it has not read the request.
                pass
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=timeout_seconds)
        return self._send(connection, method, path, body, headers, timeout_seconds)

    def close(self) -> None:
        """Close every idle connection now, and those in use after their answer."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout_seconds: float,
    ) -> Answer:
        keep = False
        try:
            connection.timeout = timeout_seconds
            if connection.sock is not None:
                connection.sock.settimeout(timeout_seconds)
            connection.request(method, path, body=body, headers=dict(headers))
            if _QUICK_ACK is not None and connection.sock is not None:
                # Otherwise a server that writes headers and body separately waits 40 ms for a delayed ACK.
                connection.sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
            answer = connection.getresponse()
            headers_of_answer = {name.lower(): value for name, value in answer.getheaders()}
            result = Answer(answer.status, headers_of_answer, answer.read())
            keep = not answer.will_close
            return result
        except http.client.HTTPException as error:
            raise ConnectionError(f"the container broke off its answer: {error!r}") from error
        finally:
            with self._lock:
                keep = keep and not self._closed
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()
