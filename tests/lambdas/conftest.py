"""What tests of functions share that talk to AWS without boto3."""

from collections.abc import Iterator

import pytest

from lambdas import connection
from lambdas.decide.current_rules import rules_in_use
from lambdas.decide.environment import environment
from tests.lambdas.http_services import Services, running


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Services that a process which was just started finds."""
    with running() as found:
        for name in ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_LAMBDA", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {
            "AWS_ENDPOINT_URL": found.url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }.items():
            monkeypatch.setenv(name, value)
        _start_anew()
        yield found
        _start_anew()


def _start_anew() -> None:
    connection.forget()
    environment.cache_clear()
    rules_in_use.cache_clear()
