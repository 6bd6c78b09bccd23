"""A persistent HTTP connection to one AWS service, with a timeout for each call.

Replaces boto3 (`lambdas.aws.clients`) in latency-critical functions (see `lambdas.aws.signing`). Credentials
come from the environment, where Lambda puts them for the life of the process. Endpoints are those of AWS's
commercial, GovCloud and China partitions; the variables `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`
set others, as for every AWS SDK.
"""

import http.client
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from lambdas.aws.signing import Credentials, signed

CONNECT_SECONDS = 1.0
"""Timeout of a new connection. A call's own timeout starts only when connected, because a TLS handshake would
use up the few milliseconds of a look-up."""

MAX_IDLE_SECONDS = 30.0
"""A connection idle for longer is replaced: the service may have closed it unnoticed."""


@dataclass(frozen=True, slots=True)
class Service:
    """How to call a service: signing name, first part of the host, environment variable, address."""

    signing_name: str
    host: str
    variable: str
    address: str = "https://{host}.{region}.{suffix}"


DYNAMODB = Service("dynamodb", "dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")
LAMBDA = Service("lambda", "lambda", "AWS_ENDPOINT_URL_LAMBDA")
SAGEMAKER_RUNTIME = Service("sagemaker", "runtime.sagemaker", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME")


class NoAnswer(ConnectionError):
    """The service could not be reached, or closed the connection without an answer."""


class TooLate(NoAnswer):
    """No answer came in time."""


@dataclass(frozen=True, slots=True)
class Response:
    """A service's HTTP response; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def endpoint_url(service: Service, region: str) -> str:
    """The endpoint URL of a service in a region."""
    override = os.environ.get(service.variable) or os.environ.get("AWS_ENDPOINT_URL")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return override or service.address.format(host=service.host, region=region, suffix=suffix)


class Connection:
    """One connection to a service, opened at the first call and opened again when it was closed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._region = os.environ["AWS_REGION"]
        url = urlsplit(endpoint_url(service, self._region))
        self._secure, self._host = url.scheme == "https", url.netloc
        self._open: http.client.HTTPConnection | None = None
        self._used = self._used_at = 0.0
        self.waited = 0.0
        """Seconds spent on sending and waiting so far, so that callers can measure their own time."""

    def connect(self) -> None:
        """Open the connection in advance, so that the first call need not.

        Raises:
            NoAnswer: when the service cannot be reached.
        """
        opened = (
            http.client.HTTPSConnection(self._host, timeout=CONNECT_SECONDS, context=_trust())
            if self._secure
            else http.client.HTTPConnection(self._host, timeout=CONNECT_SECONDS)
        )
        began = time.monotonic()
        try:
            opened.connect()
        except TimeoutError as error:
            raise TooLate(f"{self._host} took no connection within {CONNECT_SECONDS:g} s") from error
        except OSError as error:
            raise NoAnswer(f"{self._host} is not reached ({error})") from error
        finally:
            self.waited += time.monotonic() - began
        self._open, self._used, self._used_at = opened, time.monotonic(), time.time()

    def call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, seconds: float
    ) -> Response:
        """Send a signed request and wait for its answer.

        When a persistent connection turns out to be closed, it is opened again and the request is sent once
        more; all requests of a decision may be sent twice.

        Args:
            headers: with lower-case names.
            seconds: timeout of each read from the socket; the small answers here need one read.

        Raises:
            TooLate: when the answer did not come in time.
            NoAnswer: when the service cannot be reached or closes the connection.
        """
        # While Lambda freezes the process, the monotonic clock may stop, and the wall clock may be set.
        resting = max(time.monotonic() - self._used, time.time() - self._used_at)
        if self._open is not None and resting > MAX_IDLE_SECONDS:
            self.close()
        kept = self._open is not None
        try:
            return self._send(method, path, headers, body, seconds)
        except TooLate:
            raise
        except NoAnswer:
            if not kept:
                raise
        return self._send(method, path, headers, body, seconds)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._open is not None:
            self._open.close()
        self._open = None

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Response:
        if self._open is None:
            self.connect()
        connection = self._open
        if connection is None or connection.sock is None:
            raise NoAnswer(f"{self._host} closed the connection")
        all_headers = signed(
            method=method,
            path=path,
            headers={"host": self._host, **headers},
            body=body,
            service=self._service.signing_name,
            region=self._region,
            credentials=_credentials(),
            moment=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        )
        began = time.monotonic()
        try:
            connection.sock.settimeout(seconds)
            connection.request(method, path, body=body, headers=all_headers)
            response = connection.getresponse()
            answer = Response(
                response.status,
                {name.lower(): text for name, text in response.getheaders()},
                response.read(),
            )
            if response.will_close:
                self.close()
        except TimeoutError as error:
            self.close()
            raise TooLate(f"{self._host} did not answer within {seconds:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(f"{self._host} broke off ({type(error).__name__}: {error})") from error
        finally:
            self._used, self._used_at = time.monotonic(), time.time()
            self.waited += self._used - began
        return answer


_connections: dict[Service, Connection] = {}


def connection(service: Service) -> Connection:
    """The process's connection to a service."""
    if service not in _connections:
        _connections[service] = Connection(service)
    return _connections[service]


def waited() -> float:
    """Seconds that the process has spent on calls."""
    return sum(each.waited for each in _connections.values())


def forget() -> None:
    """Close all connections, so that the next calls use the environment's current endpoints."""
    for each in _connections.values():
        each.close()
    _connections.clear()


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _credentials() -> Credentials:
    environment = os.environ
    return Credentials(
        access_key=environment["AWS_ACCESS_KEY_ID"],
        secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        session_token=environment.get("AWS_SESSION_TOKEN", ""),
    )
