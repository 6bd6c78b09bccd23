"""A running embedded AWS, as the tests of this folder use it."""

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib import request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from mdlc_cli.tools import toolchain

PACKAGE = Path(__file__).resolve().parents[2] / "mdlc_local"
START_SECONDS = 60
REGION = "us-east-1"
ACCOUNT = "000000000000"


def embedded_python() -> str:
    """The Python of the embedded environment: the one of MDLC_EMBEDDED_PYTHON, or the toolchain's."""
    path = os.environ.get("MDLC_EMBEDDED_PYTHON") or str(toolchain.embedded_python())
    if not Path(path).exists():
        raise RuntimeError(
            f"MDLC_EMBEDDED_PYTHON={path!r} does not exist: unset it to use the toolchain's Python"
        )
    return path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A running embedded AWS."""

    port: int
    state_dir: Path
    process: "subprocess.Popen[bytes]"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        """The deployer's static credentials, as boto3 takes them."""
        secret = (self.state_dir / "secret").read_text()
        return {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": secret}

    def sign(self, request: AWSRequest, service: str) -> dict[str, str]:
        """The headers of a request with the deployer's signature."""
        SigV4Auth(Credentials(*self.credentials.values()), service, REGION).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    def client(self, service: str, *, credentials: dict[str, str] | None = None, region: str = REGION) -> Any:
        """A boto3 client; by default with the deployer's static credentials."""
        given = credentials or self.credentials
        connect: Any = boto3.client
        return connect(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
            **given,
        )

    def assume(self, role_arn: str) -> dict[str, str]:
        """The credentials of a role's session, as boto3 takes them."""
        session = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        return {
            "aws_access_key_id": session["AccessKeyId"],
            "aws_secret_access_key": session["SecretAccessKey"],
            "aws_session_token": session["SessionToken"],
        }

    def control(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        """Call one of the server's own paths."""
        with self.open(method, f"/_mdlc/{name}", body) as answer:
            return json.load(answer)

    def open(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a signed request to a path that is no service's."""
        url, data = f"{self.endpoint}{path}", None if body is None else json.dumps(body).encode()
        headers = self.sign(AWSRequest(method, url, data=data), "mdlc")
        return request.urlopen(request.Request(url, data, headers, method=method), timeout=30)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def start(state_dir: Path, *options: str, port: int | None = None, program: Path = PACKAGE) -> Server:
    """Start a server, or a program that runs one, and wait until it is ready."""
    port = port or free_port()
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [
                *(embedded_python(), str(program), "--port", str(port), "--state-dir", str(state_dir)),
                *("--parent-pid", str(os.getpid())),
                *options,
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + START_SECONDS
    while not (state_dir / "ready.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the embedded AWS did not start: {(state_dir / 'output.txt').read_text()}")
        time.sleep(0.02)
    return Server(port, state_dir, process)


@dataclass(frozen=True)
class Role:
    """A role made for a test, and the credentials of a session of it."""

    arn: str
    name: str
    credentials: dict[str, str]


def allow(actions: str | list[str], resources: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """An Allow statement; further members (Condition) by keyword."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
