"""Measures both shapes of a decision API behind the embedded API Gateway, and the endpoint alone.

One process of the embedded AWS serves all of them, and it is slower than AWS. So only ratios of measurements
in the same run are meaningful.
"""

import http.client
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import decisions
from benchmarks.containers import ROOT
from benchmarks.embedded import REGION, client, credentials
from lambdas.aws.signing import Credentials, signed
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import run_tool

ALONE, LAMBDA, EXPRESS = "endpoint alone", "Lambda shape", "Express shape"
CALLERS = 4
WARM = 10

_TIMEOUT_SECONDS = 60.0

Ask = Callable[[http.client.HTTPConnection], None]


@dataclass(kw_only=True)
class Way:
    """The measurements of one way to get a score: latencies of one caller, requests per second of several."""

    latencies: list[float] = field(default_factory=list)
    per_second: float = 0.0


def deploy(url: str, folder: Path) -> dict[str, str]:
    """Deploy the CDK app; returns the stack's outputs.

    Raises:
        mdlc_cli.errors.ToolFailedError: when the CDK CLI fails.
    """
    outputs = folder / "outputs.json"
    environment = {
        **os.environ,
        **toolchain.node_environment(),
        **credentials(url),
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "CDK_VALIDATION": "false",
        "PYTHONPATH": str(ROOT),
    }
    app = ["--app", f"{sys.executable} -m benchmarks.decision_app"]
    always = ["--ci", "--no-notices", "--progress", "events"]
    for words in (
        ["bootstrap", f"aws://000000000000/{REGION}"],
        ["deploy", *app, "--all", "--require-approval", "never", "--outputs-file", str(outputs)],
    ):
        run_tool(
            [*toolchain.cdk_command(), *words, *always],
            what=f"cdk {words[0]}",
            remedy="read the lines above",
            environment=environment,
            folder=folder,
        )
    (names,) = json.loads(outputs.read_text()).values()
    client(url, "dynamodb").put_item(TableName=names["CustomersName"], Item=decisions.looked_up_item())
    return dict(names)


def ways(url: str, outputs: Mapping[str, str]) -> dict[str, Ask]:
    """For each way, a function that sends one request.

    Args:
        url: the URL of the embedded AWS.
        outputs: the stack's outputs.
    """
    host, _, path = outputs["Url"].removeprefix("https://").partition("/")
    stage = f"/_aws/execute-api/{host.partition('.')[0]}/{path}"
    line = json.dumps(decisions.endpoint_row(), separators=(",", ":")).encode()

    def alone(connection: http.client.HTTPConnection) -> None:
        path = f"/endpoints/{decisions.ENDPOINT}/invocations"
        answer = _post(connection, "sagemaker", path, line, "application/jsonlines")
        assert 0 <= answer["score"] <= 1, answer

    def shape(path: str) -> Ask:
        def ask(connection: http.client.HTTPConnection) -> None:
            content = {"request_id": uuid.uuid4().hex, "row": decisions.request_row()}
            answer = _post(connection, "execute-api", path, json.dumps(content).encode(), "application/json")
            assert answer["fallback"] is None and answer["rules_version"], answer

        return ask

    return {ALONE: alone, LAMBDA: shape(f"{stage}decisions"), EXPRESS: shape(f"{stage}decisions/express")}


def measure(
    url: str, asks: Mapping[str, Ask], *, requests: int, rounds: int, seconds: float
) -> dict[str, Way]:
    """Measure all ways alternately: with one caller, then with several callers.

    With several callers, the best round counts, without the first one, which starts new instances of
    functions.
    """
    ways = {name: Way() for name in asks}
    connections = {name: _connect(url) for name in asks}
    try:
        for turn in range(WARM + requests):
            for name, ask in asks.items():
                start = time.perf_counter()
                ask(connections[name])
                if turn >= WARM:
                    ways[name].latencies.append(time.perf_counter() - start)
        for turn in range(rounds + 1):
            for name, ask in asks.items():
                per_second = _crowd(url, ask, seconds)
                if turn:
                    ways[name].per_second = max(ways[name].per_second, per_second)
    finally:
        for connection in connections.values():
            connection.close()
    return ways


def _crowd(url: str, ask: Ask, seconds: float) -> float:
    """Requests per second of several callers.

    Raises:
        RuntimeError: when a caller failed.
    """
    answered, faults = [0] * CALLERS, []
    deadline = time.perf_counter() + seconds

    def call(number: int) -> None:
        connection = _connect(url)
        try:
            while time.perf_counter() < deadline:
                ask(connection)
                answered[number] += 1
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    start = time.perf_counter()
    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(f"a caller failed: {faults[0]!r}") from faults[0]
    return sum(answered) / (time.perf_counter() - start)


def _connect(url: str) -> http.client.HTTPConnection:
    place = urlsplit(url)
    assert place.hostname is not None
    return http.client.HTTPConnection(place.hostname, place.port, timeout=_TIMEOUT_SECONDS)


def _post(
    connection: http.client.HTTPConnection, service: str, path: str, body: bytes, kind: str
) -> dict[str, Any]:
    place = f"{connection.host}:{connection.port}"
    headers = {"host": place, "content-type": kind}
    access_key, secret_key = credentials(f"http://{place}").values()
    if service == "sagemaker":
        headers["accept"] = kind
    complete = signed(
        method="POST",
        path=path,
        headers=headers,
        body=body,
        service=service,
        region=REGION,
        credentials=Credentials(access_key=access_key, secret_key=secret_key),
        moment=datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
    )
    connection.request("POST", path, body, complete)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, (answer.status, content)
    document: dict[str, Any] = json.loads(content)
    return document
