from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.wake_release import handler
from lambdas.wake_release.logic import GONE, has_settled
from mdlc_constructs.tasks.callback import TOKEN_ATTRIBUTE
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from tests.lambdas.fakes import client_error
from tests.workflows.test_real_time_inference_machine import RELEASE

EVENT = {"table": "t", "model": "flights", "endpoint": "flights", "status": "IN_SERVICE"}


class FakeDynamoDB:
    """One item: what the release machine's own wait would write."""

    def __init__(self, token: str | None = "token") -> None:
        waiting: Any = release_machine(RELEASE).state("AwaitEndpoint").to_asl()["Arguments"]
        self.item = {**waiting["Item"], TOKEN_ATTRIBUTE: {"S": token}} if token else None

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert (TableName, ConsistentRead) == ("t", True)
        found = self.item is not None and Key.items() <= self.item.items()
        return {"Item": self.item} if found else {}


class FakeStepFunctions:
    def __init__(self, error: ClientError | None = None) -> None:
        self.error = error
        self.sent: list[str] = []

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        assert output == "{}"
        if self.error:
            raise self.error
        self.sent.append(taskToken)


def wake(monkeypatch: pytest.MonkeyPatch, machines: FakeStepFunctions, **changes: Any) -> bool:
    items = FakeDynamoDB(changes.pop("token", "token"))
    clients = {"dynamodb": items, "stepfunctions": machines}
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    return handler.handler({**EVENT, **changes}, None)["woken"]


def test_the_token_that_the_machine_left_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    machines = FakeStepFunctions()
    assert wake(monkeypatch, machines) is True
    assert machines.sent == ["token"]


@pytest.mark.parametrize("status", ["CREATING", "Updating", "SYSTEM_UPDATING", "RollingBack", "DELETING"])
def test_an_endpoint_on_its_way_wakes_nobody(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    machines = FakeStepFunctions()
    assert wake(monkeypatch, machines, status=status) is False
    assert machines.sent == []


@pytest.mark.parametrize("status", ["InService", "FAILED", "OutOfService", "UPDATE_ROLLBACK_FAILED"])
def test_what_lasts_ends_the_wait(status: str) -> None:
    assert has_settled(status)


@pytest.mark.parametrize("changes", [{"token": None}, {"endpoint": "another"}, {"model": "another"}])
def test_nobody_is_woken_when_nobody_waits(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    assert wake(monkeypatch, FakeStepFunctions(), **changes) is False


@pytest.mark.parametrize("code", GONE)
def test_a_second_event_does_no_harm(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    assert wake(monkeypatch, FakeStepFunctions(client_error(code, "gone"))) is False


def test_other_errors_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        wake(monkeypatch, FakeStepFunctions(client_error("AccessDenied", "no")))
