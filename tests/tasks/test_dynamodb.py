from typing import Any

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.statements import covers
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.dynamodb import get_item, put_item, transact_write_items, update_item

TABLE: dict[str, Any] = {"table_name": "${Table}", "table_arn": "${TableArn}"}
KEY = {"pk": {"S": "{% $run %}"}}


def checked(task: Task) -> Any:
    check(Machine((task,), bindings={"Table": "t", "TableArn": "a", "Key": "k"}), traced=False)
    return task.arguments


def test_an_item_is_written_read_and_changed() -> None:
    put = put_item(
        "Put",
        item=KEY,
        condition="attribute_not_exists(#p)",
        names={"#p": "pk"},
        values={":v": {"S": "x"}},
        **TABLE,
    )
    assert checked(put) == {
        "TableName": "${Table}",
        "Item": KEY,
        "ConditionExpression": "attribute_not_exists(#p)",
        "ExpressionAttributeNames": {"#p": "pk"},
        "ExpressionAttributeValues": {":v": {"S": "x"}},
    }
    assert put.resource == "arn:${Partition}:states:::dynamodb:putItem"
    assert checked(get_item("Get", key=KEY, **TABLE))["ConsistentRead"] is True
    update = update_item("Update", key=KEY, update="SET a = :a", values={":a": {"N": "1"}}, **TABLE)
    assert checked(update)["UpdateExpression"] == "SET a = :a"


def test_an_item_may_be_what_an_expression_gives() -> None:
    task = put_item("Put", table_name="t", table_arn="${Table}", item="{% $made.item %}")
    assert task.arguments == {"TableName": "t", "Item": "{% $made.item %}"}
    check(Machine((task,), bindings={"Table": "t"}), traced=False)


def test_each_is_allowed_its_own_action_on_its_own_table() -> None:
    (statement,) = put_item("Put", item=KEY, **TABLE).statements
    assert statement.actions == ("dynamodb:PutItem",)
    assert statement.resources == ("${TableArn}",)


def test_a_key_is_used_when_the_table_has_one() -> None:
    put = put_item("Put", item=KEY, kms_key_arn="${Key}", **TABLE)
    checked(put)
    assert covers(put.statements, "kms:Decrypt")


def test_a_transaction_is_allowed_what_its_writes_need() -> None:
    writes = [
        {"Put": {"TableName": "t", "Item": KEY}},
        {"Update": {"TableName": "t", "Key": KEY, "UpdateExpression": "x"}},
    ]
    task = transact_write_items(
        "All", items=writes, table_arns=("${TableArn}",), client_request_token="{% $run %}"
    )
    assert checked(task)["ClientRequestToken"] == "{% $run %}"
    assert task.resource == "arn:${Partition}:states:::aws-sdk:dynamodb:transactWriteItems"
    assert task.statements[0].actions == ("dynamodb:PutItem", "dynamodb:UpdateItem")
    assert all(error.startswith("DynamoDb.") for error in task.retry[0].errors)


@pytest.mark.parametrize(
    ("items", "said"),
    [([], "holds 0 writes"), ([{"Putt": {}}], r"holds the writes \['Putt'\]; use ConditionCheck")],
)
def test_what_the_api_refuses_is_refused_at_once(items: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        transact_write_items("All", items=items, table_arns=("a",))
