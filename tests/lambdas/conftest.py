"""What tests of functions share that talk to AWS without boto3."""

import json
from collections.abc import Iterator

import pytest

from lambdas.aws import connection, mlflow
from lambdas.functions.decide.ab_assignment import experiment_in_progress
from lambdas.functions.decide.config import load_config
from lambdas.functions.decide.rules_cache import rules_in_use
from tests.lambdas.decision_api import RULES, SETTINGS
from tests.lambdas.http_services import Services, running, scored
from tests.lambdas.mlflow_server import MlflowServer


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Services that a process which was just started finds."""
    with running(Services()) as found:
        _reach(found, monkeypatch)
        yield found
        _start_anew()


@pytest.fixture
def tracking(monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowServer]:
    """An MLflow app that a process which was just started finds; it waits for nothing between attempts."""
    monkeypatch.setattr(mlflow, "_WAIT_SECONDS", 0)
    with running(MlflowServer()) as found:
        _reach(found, monkeypatch)
        yield found
        _start_anew()


@pytest.fixture
def api(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """A decision API's tables, endpoint and action."""
    for name, value in {
        "MDLC_API": "flights",
        "MDLC_MODEL": "flight-delay",
        "MDLC_DECISIONS": json.dumps(SETTINGS),
        "MDLC_DECISION_TABLE": "decisions",
        "MDLC_RULES_TABLE": "rules",
        "MDLC_ENDPOINT": "live",
        "MDLC_LOOKUP_TABLE": "planes",
        "MDLC_ACTION": "arn:aws:lambda:eu-west-1:123456789012:function:act",
    }.items():
        monkeypatch.setenv(name, value)
    services.table("decisions", "request_id")
    services.table("rules", "pk")['{"S": "RULES"}'] = {
        "pk": {"S": "RULES"},
        "document": {"S": json.dumps(RULES)},
    }
    services.table("planes", "tail")['{"S": "N1"}'] = {"tail": {"S": "N1"}, "seats": {"N": "180"}}
    services.score = lambda row: scored(0.75)
    return services


def _reach(found: Services, monkeypatch: pytest.MonkeyPatch) -> None:
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


def _start_anew() -> None:
    connection.forget()
    load_config.cache_clear()
    rules_in_use.cache_clear()
    experiment_in_progress.cache_clear()
