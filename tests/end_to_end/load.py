"""Callers of a decision API: plain keep-alive clients in threads, at a constant rate, who forget nothing."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lambdas.aws.signing import Credentials, signed
from tests.end_to_end.aws import SECONDS, Aws
from tests.end_to_end.team import Team

WARM, EXPRESS = "decisions", "decisions/express"
"""The paths of the two shapes."""

_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request and what came back.

    Attributes:
        began: when it was sent, in seconds of `time.monotonic`.
        ended: when the answer was there.
        status: the HTTP status; 0 when no answer came.
        answer: the decision, or whatever else was answered.
    """

    request_id: str
    row: Mapping[str, Any]
    path: str
    began: float
    ended: float
    status: int
    answer: dict[str, Any]

    @property
    def version(self) -> int | None:
        """The version of the model that gave the score."""
        found: int | None = self.answer.get("model_version")
        return found

    @property
    def about(self) -> str:
        """The row, as a key."""
        return json.dumps(self.row, sort_keys=True)

    def within(self, began: float, ended: float) -> bool:
        """Whether all of it happened between two moments."""
        return began <= self.began and self.ended <= ended


@dataclass(frozen=True, kw_only=True)
class Api:
    """Where and as whom to ask."""

    endpoint: str
    stage: str
    region: str
    credentials: Credentials

    def ask(
        self,
        connection: http.client.HTTPConnection,
        request_id: str,
        row: Mapping[str, Any],
        path: str = WARM,
    ) -> Asked:
        """Ask once; nothing is tried again."""
        body = json.dumps({"request_id": request_id, "row": row}).encode()
        whole = f"{self.stage}{path}"
        began = time.monotonic()
        headers = signed(
            method="POST",
            path=whole,
            headers={"host": f"{connection.host}:{connection.port}", "content-type": "application/json"},
            body=body,
            service="execute-api",
            region=self.region,
            credentials=self.credentials,
            moment=datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        )
        try:
            connection.request("POST", whole, body, headers)
            answered = connection.getresponse()
            status, answer = answered.status, json.loads(answered.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            status, answer = 0, {"message": repr(error)}
        return Asked(
            request_id=request_id,
            row=row,
            path=path,
            began=began,
            ended=time.monotonic(),
            status=status,
            answer=answer,
        )

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept until it is closed."""
        place = urlsplit(self.endpoint)
        assert place.hostname is not None
        return http.client.HTTPConnection(place.hostname, place.port, timeout=_TIMEOUT_SECONDS)

    def together(
        self, requests: Sequence[tuple[str, Mapping[str, Any], str]], at_once: int = 4
    ) -> list[Asked]:
        """Ask these requests, some at a time, as fast as they are answered."""
        waiting, lock, found = iter(requests), threading.Lock(), []

        def work() -> None:
            connection = self.connect()
            while True:
                with lock:
                    given = next(waiting, None)
                if given is None:
                    connection.close()
                    return
                found.append(self.ask(connection, *given))

        threads = [threading.Thread(target=work) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found


def api_of(aws: Aws, team: Team) -> Api:
    """The team's decision API, asked as the role that may do so and nothing else."""
    outputs = aws.outputs(team)
    host, _, stage = outputs["Url"].removeprefix("https://").partition("/")
    keys = aws.client("sts").assume_role(RoleArn=outputs["CallerArn"], RoleSessionName="callers")
    return Api(
        endpoint=aws.server.endpoint,
        stage=f"/_aws/execute-api/{host.partition('.')[0]}/{stage}",
        region=host.split(".")[2],
        credentials=Credentials(
            access_key=keys["Credentials"]["AccessKeyId"],
            secret_key=keys["Credentials"]["SecretAccessKey"],
            session_token=keys["Credentials"]["SessionToken"],
        ),
    )


@dataclass
class Load:
    """Requests that are being sent, and what came of them.

    Attributes:
        asked: every request that has ended, in the order of their ends.
        sent: how many were sent.
    """

    asked: list[Asked] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def since(self, moment: float) -> list[Asked]:
        """What was sent from a moment on and has been answered."""
        return [one for one in list(self.asked) if one.began >= moment]

    def until_seen(self, true: Callable[[Asked], bool]) -> None:
        """Go on until such an answer has come."""
        deadline = time.monotonic() + SECONDS
        while not any(true(one) for one in self.asked[-100:]):
            assert time.monotonic() < deadline, "no such answer came"
            time.sleep(0.05)

    def until(self, answers: int, *, seconds: float = 0) -> None:
        """Go on for some seconds at least, and until there are so many answers."""
        time.sleep(seconds)
        deadline = time.monotonic() + SECONDS
        while len(self.asked) < answers:
            assert time.monotonic() < deadline, f"{len(self.asked)} answers are still not {answers}"
            time.sleep(0.05)


@contextmanager
def constant_load(
    api: Api,
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    per_second: float,
    callers: int,
    express_every: int,
) -> Iterator[Load]:
    """Requests at a constant rate while the block runs.

    Args:
        rows: what is asked about, in turn.
        name: begins the requests' ids.
        express_every: every so many requests of a caller one goes to the Express shape.
    """
    load, stop, lock = Load(), threading.Event(), threading.Lock()

    def call(caller: int) -> None:
        connection, number = api.connect(), 0
        beat = time.monotonic() + caller / per_second
        while not stop.wait(max(0.0, beat - time.monotonic())):
            # A beat that was missed is not made up for: what waits is one caller, not a queue.
            beat = max(beat + callers / per_second, time.monotonic())
            request_id = f"{name}-{caller}-{number}"
            path = EXPRESS if number % express_every == express_every - 1 else WARM
            with lock:
                load.sent.append(request_id)
            row = rows[(number * callers + caller) % len(rows)]
            load.asked.append(api.ask(connection, request_id, row, path))
            number += 1
        connection.close()

    threads = [threading.Thread(target=call, args=(caller,), daemon=True) for caller in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()
