"""What CloudFormation is answered, over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lambdas.aws.custom_resource import answer

Told = list[tuple[str, str | None, dict[str, Any]]]


@pytest.fixture
def cloudformation() -> Iterator[tuple[str, Told]]:
    """A URL to answer to, and what was told there."""
    told: Told = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/signed?a=b", told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("physical", [None, "kind-before"])
def test_the_outcome_is_put_where_cloudformation_waits(
    cloudformation: tuple[str, Told], physical: str | None
) -> None:
    url, told = cloudformation
    event = {"ResponseURL": url, "StackId": "s", "RequestId": "r", "LogicalResourceId": "Rules"}
    if physical:
        event["PhysicalResourceId"] = physical
    answer(event, "FAILED", "why", kind="rules")
    expected = {
        "Status": "FAILED",
        "Reason": "why",
        "PhysicalResourceId": physical or "rules-Rules",
        "StackId": "s",
        "RequestId": "r",
        "LogicalResourceId": "Rules",
    }
    # The URL is signed for an empty content type.
    assert told == [("/signed?a=b", "", expected)]
