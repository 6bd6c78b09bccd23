"""What a JSONata machine calls with a least-privilege role: each call works with its permission alone."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import Run, run

Clients = Callable[[str], Any]
Roles = Callable[..., Role]


def task(resource: str, arguments: Any, **more: Any) -> dict[str, Any]:
    """A machine of one task."""
    state = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **more}
    return {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": state}}


def once_denied(
    server: Server, make_role: Roles, machine: dict[str, Any], *statements: dict[str, Any]
) -> Run:
    """Run a machine with these statements; and without each in turn, refused by the action's name."""
    for left_out in statements:
        role = make_role(*(given for given in statements if given is not left_out))
        refused = run(server, machine, role.arn)
        assert refused.status == "FAILED", left_out
        action = str(left_out["Action"])
        assert action in str(refused.cause), (action, refused.error, refused.cause)
    done = run(server, machine, make_role(*statements).arn)
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    return done


@pytest.fixture
def bucket(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="staged/manifest.json", Body=b'{"n": 1}')
    return name


@pytest.fixture
def table(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return name


def table_arn(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def test_put_item(server: Server, make_role: Roles, client: Clients, table: str) -> None:
    machine = task(
        "arn:aws:states:::dynamodb:putItem",
        {
            "TableName": table,
            "Item": {"pk": {"S": "{% 'run#' & 'a' %}"}, "text": {"S": "{% '\"quoted\"' %}"}},
        },
    )
    once_denied(server, make_role, machine, allow("dynamodb:PutItem", table_arn(table)))
    item = client("dynamodb").get_item(TableName=table, Key={"pk": {"S": "run#a"}})["Item"]
    assert item["text"] == {"S": '"quoted"'}


def test_update_item(server: Server, make_role: Roles, table: str) -> None:
    machine = task(
        "arn:aws:states:::dynamodb:updateItem",
        {
            "TableName": table,
            "Key": {"pk": {"S": "a"}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "{% $string(1 + 1) %}"}},
            "ReturnValues": "ALL_NEW",
        },
        Output="{% $states.result.Attributes.n.N %}",
    )
    assert (
        once_denied(server, make_role, machine, allow("dynamodb:UpdateItem", table_arn(table))).output == "2"
    )


def test_a_failed_condition_has_its_name(server: Server, make_role: Roles, table: str) -> None:
    role = make_role(allow("dynamodb:PutItem", table_arn(table)))
    arguments = {
        "TableName": table,
        "Item": {"pk": {"S": "a"}},
        "ConditionExpression": "attribute_exists(pk)",
    }
    failed = run(server, task("arn:aws:states:::dynamodb:putItem", arguments), role.arn)
    assert failed.error == "DynamoDB.ConditionalCheckFailedException"


class TestTransactWriteItems:
    RESOURCE = "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems"

    def arguments(self, table: str, condition: str) -> dict[str, Any]:
        put = {"TableName": table, "Item": {"pk": {"S": "a"}}, "ConditionExpression": condition}
        update = {
            "TableName": table,
            "Key": {"pk": {"S": "b"}},
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": {"S": "1"}},
        }
        return {"TransactItems": [{"Put": put}, {"Update": update}]}

    def test_needs_each_item_action(self, server: Server, make_role: Roles, table: str) -> None:
        once_denied(
            server,
            make_role,
            task(self.RESOURCE, self.arguments(table, "attribute_not_exists(pk) OR pk = pk")),
            allow("dynamodb:PutItem", table_arn(table)),
            allow("dynamodb:UpdateItem", table_arn(table)),
        )

    def test_cancelled(self, server: Server, make_role: Roles, table: str) -> None:
        role = make_role(allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], table_arn(table)))
        failed = run(server, task(self.RESOURCE, self.arguments(table, "attribute_exists(pk)")), role.arn)
        assert failed.error == "DynamoDb.TransactionCanceledException"
        assert "ConditionalCheckFailed" in str(failed.cause)


def test_put_events(server: Server, make_role: Roles) -> None:
    entry = {
        "Source": "test.models",
        "DetailType": "Model Trained",
        "Detail": {"metric": "{% 0.5 + 0.25 %}"},
        "EventBusName": "default",
    }
    machine = task("arn:aws:states:::events:putEvents", {"Entries": [entry]})
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    assert (
        once_denied(server, make_role, machine, allow("events:PutEvents", bus)).output["FailedEntryCount"]
        == 0
    )


def test_copy_object(server: Server, make_role: Roles, client: Clients, bucket: str) -> None:
    machine = task(
        "arn:aws:states:::aws-sdk:s3:copyObject",
        {
            "Bucket": bucket,
            "Key": "manifest.json",
            "CopySource": "{% '" + bucket + "/staged/manifest.json' %}",
        },
    )
    once_denied(
        server,
        make_role,
        machine,
        allow("s3:GetObject", f"arn:aws:s3:::{bucket}/staged/*"),
        allow("s3:PutObject", f"arn:aws:s3:::{bucket}/manifest.json"),
    )
    assert client("s3").get_object(Bucket=bucket, Key="manifest.json")["Body"].read() == b'{"n": 1}'


def test_put_object(server: Server, make_role: Roles, client: Clients, bucket: str) -> None:
    machine = task(
        "arn:aws:states:::aws-sdk:s3:putObject",
        {"Bucket": bucket, "Key": "plan.json", "Body": {"columns": ["a", "b"]}},
    )
    once_denied(server, make_role, machine, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/plan.json"))
    body = client("s3").get_object(Bucket=bucket, Key="plan.json")["Body"].read()
    assert json.loads(body) == {"columns": ["a", "b"]}


def test_a_missing_object_has_its_name(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow(["s3:GetObject", "s3:ListBucket"]))
    machine = task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "none"})
    assert run(server, machine, role.arn).error == "S3.NoSuchKeyException"


def test_a_machine_starts_another_and_waits(server: Server, make_role: Roles, client: Clients) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    inner = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": "{% {'twice': $states.input.n * 2} %}", "End": True}},
    }
    arn = client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(inner), roleArn=make_role().arn
    )["stateMachineArn"]
    executions = arn.replace(":stateMachine:", ":execution:") + ":*"
    machine = task(
        "arn:aws:states:::states:startExecution.sync:2",
        {"StateMachineArn": arn, "Input": {"n": 21}},
        Output="{% $states.result.Output.twice %}",
    )
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    statements = (
        allow("states:StartExecution", arn),
        allow("states:DescribeExecution", executions),
        allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], rule),
    )
    done = run(server, machine, make_role(*statements).arn)
    assert done.output == 42, (done.error, done.cause)
