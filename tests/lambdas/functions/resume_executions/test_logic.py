from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws.executions import GONE
from lambdas.functions.resume_executions import handler
from lambdas.functions.resume_executions.handler import has_settled
from mdlc_constructs.tasks.callback import TOKEN_ATTRIBUTE
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from tests.lambdas.fakes import client_error
from tests.workflows.test_real_time_inference_machine import RELEASE

EVENT = {"table": "t", "model": "flights", "endpoint": "flights", "status": "IN_SERVICE"}


class FakeDynamoDB:
    """Items as the release machine's own wait would write them, one for each token."""

    def __init__(self, *tokens: str) -> None:
        waiting: Any = release_machine(RELEASE).state("AwaitEndpoint").to_asl()["Arguments"]
        key = waiting["Item"]["sk"]["S"]
        start = key.removeprefix("{% '").partition("'")[0]
        assert key == f"{{% '{start}' & $states.context.Execution.Name %}}"
        self.items: list[dict[str, Any]] = [
            {**waiting["Item"], "sk": {"S": start + token}, TOKEN_ATTRIBUTE: {"S": token}} for token in tokens
        ]

    def get_paginator(self, name: str) -> "FakeDynamoDB":
        assert name == "query"
        return self

    def paginate(self, *, TableName: str, ConsistentRead: bool, **question: Any) -> Any:
        assert (TableName, ConsistentRead) == ("t", True)
        assert question["KeyConditionExpression"] == "pk = :pk AND begins_with(sk, :sk)"
        pk, start = (question["ExpressionAttributeValues"][name]["S"] for name in (":pk", ":sk"))
        yield {"Items": [i for i in self.items if i["pk"]["S"] == pk and i["sk"]["S"].startswith(start)]}

    def delete_item(self, *, Key: dict[str, Any], ExpressionAttributeValues: Any, **request: Any) -> None:
        assert request == {"TableName": "t", "ConditionExpression": "task_token = :sent"}
        (found,) = (item for item in self.items if Key.items() <= item.items())
        if found[TOKEN_ATTRIBUTE] != ExpressionAttributeValues[":sent"]:
            raise client_error("ConditionalCheckFailedException", "another token")
        self.items.remove(found)


class FakeStepFunctions:
    def __init__(self, error: ClientError | None = None) -> None:
        self.error = error
        self.sent: list[str] = []

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        assert output == "{}"
        if self.error:
            raise self.error
        self.sent.append(taskToken)


def wake(
    monkeypatch: pytest.MonkeyPatch, machines: FakeStepFunctions, items: FakeDynamoDB, **changes: Any
) -> int:
    clients = {"dynamodb": items, "stepfunctions": machines}
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    return handler.handler({**EVENT, **changes}, None)["resumed"]


def test_the_tokens_that_executions_left_come_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machines, items = FakeStepFunctions(), FakeDynamoDB("one", "two")
    assert wake(monkeypatch, machines, items) == 2
    assert machines.sent == ["one", "two"]
    assert items.items == []
    assert wake(monkeypatch, machines, items) == 0


@pytest.mark.parametrize("status", ["CREATING", "Updating", "SYSTEM_UPDATING", "RollingBack", "DELETING"])
def test_an_endpoint_on_its_way_wakes_nobody(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    machines, items = FakeStepFunctions(), FakeDynamoDB("one")
    assert wake(monkeypatch, machines, items, status=status) == 0
    assert (machines.sent, len(items.items)) == ([], 1)


@pytest.mark.parametrize("status", ["InService", "FAILED", "OutOfService", "UPDATE_ROLLBACK_FAILED"])
def test_what_lasts_ends_the_wait(status: str) -> None:
    assert has_settled(status)


@pytest.mark.parametrize("changes", [{"endpoint": "another"}, {"endpoint": "fli"}, {"model": "another"}])
def test_nobody_is_woken_when_nobody_waits(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    assert wake(monkeypatch, FakeStepFunctions(), FakeDynamoDB("one"), **changes) == 0


@pytest.mark.parametrize("code", GONE)
def test_a_token_out_of_date_is_forgotten(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    items = FakeDynamoDB("one")
    assert wake(monkeypatch, FakeStepFunctions(client_error(code, "gone")), items) == 0
    assert items.items == []


def test_a_token_that_came_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    items = FakeDynamoDB("one")

    class Slow(FakeStepFunctions):
        def send_task_success(self, *, taskToken: str, output: str) -> None:
            super().send_task_success(taskToken=taskToken, output=output)
            items.items = [{**items.items[0], TOKEN_ATTRIBUTE: {"S": "new"}}]

    assert wake(monkeypatch, Slow(), items) == 1
    assert len(items.items) == 1


def test_other_errors_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        wake(monkeypatch, FakeStepFunctions(client_error("AccessDenied", "no")), FakeDynamoDB("one"))
