"""A deployed API and its callers."""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib import error, request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.local.embedded import REGION, Server

GOOD: dict[str, Any] = {"request_id": 'it\'s "1" é/', "row": {"delay": 90}}
WAIT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What a caller receives."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def send(url: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
    """POST a body: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = request.Request(
        url, data=data, method="POST", headers={"Content-Type": "application/json", **(headers or {})}
    )
    try:
        with request.urlopen(asked, timeout=WAIT_SECONDS) as answer:
            return Answer(answer.status, _lower(answer.headers), answer.read().decode())
    except error.HTTPError as refused:
        return Answer(refused.code, _lower(refused.headers), refused.read().decode())


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def signed(url: str, body: Any, credentials: dict[str, str]) -> dict[str, str]:
    """The headers of a request signed for execute-api."""
    keys = Credentials(
        credentials["aws_access_key_id"],
        credentials["aws_secret_access_key"],
        credentials.get("aws_session_token"),
    )
    made = AWSRequest("POST", url, data=json.dumps(body), headers={"Content-Type": "application/json"})
    SigV4Auth(keys, "execute-api", REGION).add_auth(made)
    return {name: str(value) for name, value in made.headers.items()}


@dataclass(frozen=True)
class Stack:
    """A deployed stack.

    Attributes:
        server: where.
        name: its name.
        outputs: its outputs.
    """

    server: Server
    name: str
    outputs: dict[str, str]

    @property
    def local(self) -> str:
        """The stage's address here."""
        return f"{self.server.endpoint}/_aws/execute-api/{self.outputs['Api']}/live"

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        return send(self.local + path, GOOD if body is None else body, headers)


def deploy(server: Server, name: str, template: dict[str, Any]) -> Stack:
    """Create a stack; raises RuntimeError with the reasons when that fails."""
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not found["StackStatus"].endswith("IN_PROGRESS"):
            break
        assert time.monotonic() < deadline, found["StackStatus"]
        time.sleep(0.05)
    if found["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        raise RuntimeError([event.get("ResourceStatusReason") for event in events])
    return Stack(server, name, {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])})
