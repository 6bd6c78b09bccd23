from __future__ import annotations

import pytest

from mdlc_cli.aws import stacks
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeClient, FakeTarget

MADE = [
    {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "ModelAudit8A", "PhysicalResourceId": "a"},
    {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "Other12AB", "PhysicalResourceId": "o"},
    {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "LateAudit12AB"},
    {"ResourceType": "AWS::S3::Bucket", "LogicalResourceId": "AuditBucket", "PhysicalResourceId": "b"},
]


def target(*, made: list[dict[str, str]] | None = None, **outputs: str) -> FakeTarget:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    found = [
        {"StackName": "FlightDelay", "StackStatus": "CREATE_COMPLETE", "Outputs": listed},
        {"StackName": "Gone", "StackStatus": "DELETE_COMPLETE"},
    ]
    cloudformation = FakeClient(
        describe_stacks={"Stacks": found}, list_stack_resources={"StackResourceSummaries": made or []}
    )
    return FakeTarget(clients={"cloudformation": cloudformation})


def test_a_deleted_stack_does_not_exist() -> None:
    assert [stack.name for stack in stacks.deployed(target())] == ["FlightDelay"]
    with pytest.raises(CommandError, match="stack 'Gone' is not deployed: choose one of FlightDelay"):
        stacks.deployed(target(), "Gone")


def test_an_output_is_found_by_its_key_or_the_only_one_that_holds_it() -> None:
    (stack,) = stacks.deployed(target(ModelBucketName12AB="b", OneArn="1", TwoArn="2"))
    assert stack.output("BucketName") == "b"
    assert stack.output("Arn") is None, "two fit"
    assert stack.output("OneArn") == "1"


def test_audit_tables_are_those_that_stacks_announce_or_made() -> None:
    assert stacks.audit_tables(target(made=MADE, ModelAuditTableName12AB="t")) == ["t"]
    assert stacks.audit_tables(target(made=MADE, BucketName="b")) == ["a"]


def test_without_an_audit_table_the_remedy_is_said() -> None:
    with pytest.raises(CommandError, match="no deployed stack has an audit table: deploy a model home"):
        stacks.audit_tables(target(BucketName="b"))
    with pytest.raises(CommandError, match="stack 'FlightDelay' has no audit table"):
        stacks.audit_tables(target(), "FlightDelay")


def test_decision_tables_are_told_by_their_id_and_their_key() -> None:
    made = [
        {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": name, "PhysicalResourceId": id_}
        for name, id_ in (
            ("ApiDecisions12AB34CD", "decisions"),
            ("OwnDecisions12AB34CD", "own"),
            ("DecisionsRules12AB34CD", "rules"),
            ("ModelAudit12AB34CD", "audit"),
        )
    ]

    def described(TableName: str) -> dict[str, object]:
        assert TableName in ("decisions", "own"), "another table is not even looked at"
        key = "request_id" if TableName == "decisions" else "id"
        return {"Table": {"KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}}

    found = target(made=made)
    found.clients["dynamodb"] = FakeClient(describe_table=described)
    assert stacks.decision_tables(found) == ["decisions"]
    without = target(made=MADE)
    without.clients["dynamodb"] = FakeClient()
    assert stacks.decision_tables(without) == []
