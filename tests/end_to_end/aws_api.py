"""AWS's API as an account shows it: the embedded AWS behind a server that has no path of its own.

A `Target` that is not the local AWS reaches it, signed by an IAM user. What a command would ask of the local
server alone (`/_mdlc/`, `/_ministack/`) is refused here and recorded.
"""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.credentials import Credentials
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.aws import target
from mdlc_cli.aws.local import Server
from mdlc_cli.aws.target import LOCAL_REGION, Target, at

REST_APIS = "/_aws/execute-api/"
"""Stands in for the names that AWS's DNS has for REST APIs, `<id>.execute-api.<region>.amazonaws.com`."""
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH")
POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(kw_only=True)
class AwsApi:
    """The running server.

    Attributes:
        url: its address.
        refused: the paths that were asked for and that AWS does not have.
        requests: how many requests came.
    """

    url: str = ""
    refused: list[str] = field(default_factory=list)
    requests: int = 0


@dataclass(frozen=True, kw_only=True)
class AccountTarget(Target):
    """An account as the commands see real AWS, whose services answer at another address.

    Attributes:
        url: the address.
        key: the access key of an IAM user and its secret.
    """

    url: str
    key: tuple[str, str] = field(repr=False)

    def client(self, service: str) -> Any:
        """A client with the user's credentials."""
        identifier, secret = self.key
        session: Any = boto3.Session(identifier, secret, region_name=LOCAL_REGION)
        return session.client(service, endpoint_url=self.url)

    def credentials(self) -> Credentials:
        """The user's credentials, which sign requests to REST APIs."""
        return Credentials(*self.key)

    def environment(self) -> dict[str, str]:
        """The environment of the CDK CLI, which reaches the account at the same address."""
        identifier, secret = self.key
        here = Target(endpoint=self.url, region=self.region, account=self.account, secret=secret)
        return {**here.environment(), "AWS_ACCESS_KEY_ID": identifier}

    def reached_at(self, url: str) -> str:
        """A REST API's URL, by a path instead of a name."""
        parts = urlsplit(url)
        if ".execute-api." not in (parts.hostname or ""):
            return url
        return f"{self.url}{REST_APIS}{str(parts.hostname).partition('.')[0]}{parts.path}"


@contextmanager
def served(server: Server) -> Iterator[AwsApi]:
    """AWS's API in front of an embedded AWS."""
    api = AwsApi()
    upstream = urlsplit(server.endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            api.requests += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/_") and not self.path.startswith(REST_APIS):
                api.refused.append(f"{self.command} {self.path}")
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            connection = http.client.HTTPConnection(str(upstream.hostname), upstream.port)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP | {"content-length", "server", "date"}:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        def log_message(self, *arguments: object) -> None:
            """Keeps quiet."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.do_any)
    front = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{front.server_port}"
    thread = threading.Thread(target=front.serve_forever, daemon=True)
    thread.start()
    yield api
    front.shutdown()
    front.server_close()
    thread.join()


def account(server: Server, api: AwsApi, user: str, policy: str | None = POLICY) -> AccountTarget:
    """The account as an IAM user sees it, who may do what a managed policy allows; nothing without one."""
    iam = at(server).client("iam")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    if policy is not None:
        iam.attach_user_policy(UserName=user, PolicyArn=policy)
    return AccountTarget(
        endpoint=None,
        region=LOCAL_REGION,
        account=at(server).account,
        url=api.url,
        key=(key["AccessKeyId"], key["SecretAccessKey"]),
    )


def given(command: list[str], chosen: AccountTarget, folder: Path) -> tuple[int, str]:
    """The exit status and the output of a command to an account, errors included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(target, "choose", lambda root, choice=None: chosen)
        done = CliRunner().invoke(app, command)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 1, f"{done.output}{type(done.exception).__name__}: {done.exception}"
    return done.exit_code, done.output
