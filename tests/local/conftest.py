"""One embedded AWS for all tests of this folder that ask for it."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mdlc_cli import places
from mdlc_cli.tools import docker
from tests.local.embedded import ACCOUNT, Role, Server, embedded_python, start

Clients = Callable[[str], Any]

REPOSITORIES = "repositories.json"
"""The file, in the state folder, that registers git repositories; a test writes it."""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in which time in state machines runs ten times as fast."""
    state_dir = tmp_path_factory.mktemp("embedded-aws")
    images = state_dir / "images.json"
    images.write_text(json.dumps({"scikit-learn": {"python": embedded_python()}}))
    repositories = state_dir / REPOSITORIES
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(places.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        program = docker.program()
    running = start(
        *(state_dir, "--time-scale", "10", "--images", str(images), "--repositories", str(repositories)),
        *("--docker", program),
    )
    yield running
    running.end()


@pytest.fixture
def client(server: Server) -> Clients:
    """Clients with the deployer's credentials, by boto3's name of the service."""
    return server.client


@pytest.fixture
def make_role(server: Server) -> Callable[..., Role]:
    """Makes a role for a service principal with the given policy statements."""
    return role_maker(server)


@pytest.fixture(scope="module")
def make_module_role(server: Server) -> Callable[..., Role]:
    """As `make_role`, for fixtures of a module."""
    return role_maker(server)


def role_maker(
    server: Server, clients: Clients | None = None, *, service: str = "states.amazonaws.com"
) -> Callable[..., Role]:
    """Makes roles for a service principal, which the first account may assume, by an account's clients."""

    def make(*statements: dict[str, Any], principal: str = service) -> Role:
        iam = (clients or server.client)("iam")
        name = f"test-{uuid.uuid4().hex[:12]}"
        trust = [
            {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"},
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            },
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="statements", PolicyDocument=policy)
        return Role(arn, name, server.assume(arn))

    return make
