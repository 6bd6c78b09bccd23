"""A passenger's app: sends signed requests to the decision API over HTTP and keeps the responses."""

import csv
import json
import random
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from examples.flight_delay.dataset import COLUMNS, PLANE_FACTS
from mdlc_cli.aws.target import Target

Row = dict[str, str | int | float | None]

MAX_SECONDS = 30
"""Timeout of a request; API Gateway's own is 29 seconds."""


def raw_rows(path: Path) -> list[Row]:
    """The flights of a CSV file with values of the columns' types; an empty cell is None."""
    with path.open(newline="") as file:
        return [{name: _value(name, text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(name: str, text: str) -> str | int | float | None:
    if not text:
        return None
    kind = COLUMNS[name]
    return int(text) if kind == "integer" else float(text) if kind == "number" else text


def known_to_passengers(row: Mapping[str, Any]) -> Row:
    """The part of a row that passengers know from ticket and weather report: all but the plane's facts."""
    return {name: value for name, value in row.items() if name not in PLANE_FACTS}


def drawn(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """A random sample of `count` flights, without those that have no plane assigned yet."""
    return random.Random(seed).sample([row for row in rows if row["tail_number"] is not None], count)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request and its response.

    Attributes:
        began: when it was sent, in seconds of `time.monotonic`.
        ended: when the response arrived.
        status: the HTTP status; 0 without a response.
        answer: the response's body, or the error as `message`.
    """

    request_id: str
    flight_id: str
    began: float
    ended: float
    status: int
    answer: Mapping[str, Any]

    @property
    def answered(self) -> bool:
        """Whether the response is a decision."""
        return self.status == 200

    @property
    def version(self) -> int | None:
        """The version of the model that scored the row; None for a fallback."""
        version = self.answer.get("model_version")
        return None if version is None else int(version)

    @property
    def seconds(self) -> float:
        """The latency of the request."""
        return self.ended - self.began


@dataclass(frozen=True, kw_only=True)
class Api:
    """A decision API that is called with AWS credentials.

    Attributes:
        address: URL to which requests are posted.
    """

    address: str
    region: str
    credentials: Credentials = field(repr=False)

    def ask(self, session: URLLib3Session, request_id: str, row: Mapping[str, Any]) -> Asked:
        """Send one request, without retries."""
        body = json.dumps({"request_id": request_id, "row": known_to_passengers(row)})
        request = AWSRequest("POST", self.address, {"Content-Type": "application/json"}, body)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        began = time.monotonic()
        status, answer = 0, {}
        try:
            response = session.send(request.prepare())
            status, answer = response.status_code, json.loads(response.content)
        except (BotoCoreError, ValueError) as error:
            answer = {"message": repr(error)}
        return Asked(
            request_id=request_id,
            flight_id=str(row["flight_id"]),
            began=began,
            ended=time.monotonic(),
            status=status,
            answer=answer,
        )


def reached_at(chosen: Target, url: str) -> Api:
    """The API whose URL a stack outputs, on the local AWS or on real AWS."""
    return Api(
        address=f"{chosen.reached_at(url)}decisions",
        region=str(chosen.region),
        credentials=Credentials(chosen.account, chosen.secret),
    )


def _session() -> URLLib3Session:
    """An HTTP session that keeps its connection and uses no proxy."""
    # With Nagle's algorithm, the body would wait for the acknowledgement of the headers, about 40 ms.
    at_once: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    return URLLib3Session(proxies={}, timeout=MAX_SECONDS, socket_options=at_once)


def in_turn(api: Api, name: str, rows: Iterable[Row]) -> list[Asked]:
    """Request decisions for these flights one after another; `name` is the prefix of the request ids."""
    session = _session()
    return [api.ask(session, f"{name}-{number}", row) for number, row in enumerate(rows)]


@contextmanager
def all_the_time(
    api: Api, name: str, rows: Sequence[Row], *, apps: int = 2, per_second: float = 20
) -> Iterator[list[Asked]]:
    """Request decisions for these flights again and again while the block runs.

    Args:
        api: the API.
        name: prefix of the request ids.
        rows: the flights.
        apps: number of concurrent callers.
        per_second: requests per second of all callers together, unless responses take longer.

    Yields:
        The responses so far; complete when the block has ended.
    """
    asked: list[Asked] = []
    stop = threading.Event()

    def work(app: int) -> None:
        session, number = _session(), 0
        while not stop.is_set():
            row = rows[(number * apps + app) % len(rows)]
            asked.append(api.ask(session, f"{name}-{app}-{number}", row))
            number += 1
            stop.wait(max(0.0, apps / per_second - asked[-1].seconds))

    threads = [threading.Thread(target=work, args=(app,)) for app in range(apps)]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def quantile(values: Iterable[float], share: float) -> float:
    """The value that the given share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
