"""Requests of every kind to a decision API, and whether its OpenAPI document says the truth about them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.end_to_end.deciding import REGION, Answer, Deciding

ROW: dict[str, Any] = {"tail_number": "N1", "delay": 60}
UNFIT: tuple[dict[str, Any], ...] = (
    {},
    {"tail_number": "N1"},
    {"delay": 60},
    {**ROW, "dealy": 60},
    {**ROW, "tail_number": None},
    {**ROW, "tail_number": 1},
    {**ROW, "delay": "long"},
    {**ROW, "delay": True},
    {**ROW, "delay": [60]},
    {**ROW, "seats": 180.5},
    {**ROW, "seats": "180"},
    {**ROW, "tier": 3},
    {**ROW, "tier": {"is": "gold"}},
)
FIT: tuple[dict[str, Any], ...] = (
    ROW,
    {**ROW, "delay": None},
    {**ROW, "delay": -0.0},
    {**ROW, "delay": 1e300},
    {**ROW, "delay": 12.345678901234567},
    {**ROW, "seats": None, "tier": None},
    {**ROW, "seats": 2**53 - 1},
    {**ROW, "seats": 0, "tier": "gold"},
    {**ROW, "tail_number": ""},
    {**ROW, "tail_number": 'it\'s "q" \n\té 𝄞'},
)
IDS = ("", "x" * 65, "a b", "-a", 7, None)


@dataclass(frozen=True)
class Sent:
    """A request and its answer."""

    body: bytes
    express: bool
    answer: Answer


class Described:
    """An OpenAPI document, by which requests and answers are validated."""

    def __init__(self, document: dict[str, Any]) -> None:
        OpenAPIV31SpecValidator(document).validate()
        self.document = document

    def errors(self, schema: str, value: object) -> list[str]:
        """What is wrong with a value."""
        referring = {"$ref": f"#/components/schemas/{schema}", "components": self.document["components"]}
        return [each.message for each in Draft202012Validator(referring).iter_errors(value)]

    def accepts(self, body: bytes) -> bool:
        """Whether a body is what the document asks for."""
        try:
            return not self.errors("Request", json.loads(body))
        except ValueError:
            return False

    def check(self, sent: Sent) -> None:
        """The status is one that the document has, and the answer has its shape."""
        path = "/decisions/express" if sent.express else "/decisions"
        answers = self.document["paths"][path]["post"]["responses"]
        assert str(sent.answer.status) in answers, sent
        schema = answers[str(sent.answer.status)]["content"]["application/json"]["schema"]["$ref"]
        assert self.errors(schema.rpartition("/")[2], sent.answer.content) == [], sent


def bodies(prefix: str, many: int) -> Iterator[tuple[str, bytes]]:
    """Requests of every kind: `fit`, `unfit`, or `long` and `beyond`, which no schema can say."""

    def body(request_id: object, row: object, **more: object) -> bytes:
        return json.dumps({"request_id": request_id, "row": row, **more}).encode()

    for number, row in enumerate(UNFIT):
        yield "unfit", body(f"unfit-{number}", row)
    for request_id in IDS:
        yield "unfit", body(request_id, ROW)
    yield "unfit", body("more", ROW, rows=[])
    yield "unfit", json.dumps([ROW]).encode()
    yield "unfit", b'{"request_id": "half'
    yield "unfit", b""
    yield "long", body("long", {**ROW, "tier": "x" * 70_000})
    yield "beyond", body("infinite", ROW).replace(b"60", b"1e999")
    for number in range(many):
        row = FIT[number % len(FIT)]
        yield "fit", body(f"{prefix}-{number}", {**row, "delay": number} if number >= len(FIT) else row)


def send(deciding: Deciding, many: int) -> list[tuple[str, Sent]]:
    """Answers of both shapes to requests of every kind."""

    def ask(kind: str, body: bytes, express: bool) -> tuple[str, Sent]:
        return kind, Sent(body, express, deciding.post(body, express=express))

    asked = [
        (kind, body, express)
        for express in (False, True)
        for kind, body in bodies("machine" if express else "function", many)
    ]
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda each: ask(*each), asked))


class Signing(httpx.Auth):
    """Signs requests of httpx by Signature Version 4."""

    requires_request_body = True

    def __init__(self, keys: Credentials) -> None:
        self._keys = keys

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """The request with a signature in its headers."""
        headers = {"Content-Type": request.headers["content-type"]}
        made = AWSRequest(request.method, str(request.url), data=request.content, headers=headers)
        SigV4Auth(self._keys, "execute-api", REGION).add_auth(made)
        request.headers.update({name: str(value) for name, value in made.headers.items()})
        yield request


def generate_client(document: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package that a public generator makes of the document."""
    source, config = folder / "openapi.json", folder / "config.yml"
    source.write_text(json.dumps(document))
    # Formatting what it wrote is not needed here.
    config.write_text("post_hooks: []\n")
    name = "generated_decision_client"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    options = ["--path", source, "--config", config, "--output-path", folder / name, "--fail-on-warning"]
    done = subprocess.run([*command, *map(str, options)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(folder)
    for module in ("models", "api.default.decide"):
        import_module(f"{name}.{module}")
    return import_module(name)
