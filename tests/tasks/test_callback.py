import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.callback import wait_for_token

KEY = {"pk": {"S": "MODEL#churn"}, "sk": {"S": "WAITING"}}


def test_the_token_is_left_where_the_event_finds_it() -> None:
    task = wait_for_token("Await", table_name="t", table_arn="arn:t", key=KEY, timeout_seconds=900)
    check(Machine((task,)), traced=False)
    assert task.resource.endswith(":states:::aws-sdk:dynamodb:putItem.waitForTaskToken")
    assert task.arguments == {
        "TableName": "t",
        "Item": {**KEY, "task_token": {"S": "{% $states.context.Task.Token %}"}},
    }
    assert task.to_asl()["TimeoutSeconds"] == 900
    assert task.statements[0].actions == ("dynamodb:PutItem",)


def test_a_wait_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="timeout_seconds=None of the task 'Await' waits for ever"):
        wait_for_token("Await", table_name="t", table_arn="a", key=KEY)


def test_the_tokens_place_is_kept_free() -> None:
    with pytest.raises(ValueError, match="holds 'task_token', where the token goes"):
        wait_for_token(
            "Await", table_name="t", table_arn="a", key={**KEY, "task_token": {"S": "x"}}, timeout_seconds=1
        )
