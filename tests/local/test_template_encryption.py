"""What a template says of encryption holds for its bucket and its table, also after an update."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mdlc_local.template_encryption import encryption_xml

Clients = Callable[[str], Any]
KEYS = {"First": {"Type": "AWS::KMS::Key"}, "Second": {"Type": "AWS::KMS::Key"}}


def template(key: str | None) -> str:
    bucket: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {}}
    table: dict[str, Any] = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    }
    if key is not None:
        arn = {"Fn::GetAtt": [key, "Arn"]}
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
        bucket["Properties"]["BucketEncryption"] = {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]
        }
        specification = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn}
        table["Properties"]["SSESpecification"] = specification
    return json.dumps({"Resources": {**KEYS, "Bucket": bucket, "Table": table}})


@pytest.fixture
def stack(client: Clients) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=template("First"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield name
    cloudformation.delete_stack(StackName=name)


def encrypted_with(client: Clients, stack: str) -> tuple[str | None, str | None]:
    """The logical ids of the keys of the bucket and the table."""
    resources = client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    keys = {ids[name]: name for name in KEYS}
    written = client("s3").put_object(Bucket=ids["Bucket"], Key="a", Body=b"1")
    client("s3").delete_object(Bucket=ids["Bucket"], Key="a")
    table = client("dynamodb").describe_table(TableName=ids["Table"])["Table"]

    def name(arn: str) -> str | None:
        return keys.get(arn.rpartition("/")[2])

    return name(written.get("SSEKMSKeyId", "")), name(
        table.get("SSEDescription", {}).get("KMSMasterKeyArn", "")
    )


def test_holds_and_changes(client: Clients, stack: str) -> None:
    assert encrypted_with(client, stack) == ("First", "First")
    cloudformation = client("cloudformation")
    for key in ("Second", None):
        cloudformation.update_stack(StackName=stack, TemplateBody=template(key))
        cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        assert encrypted_with(client, stack) == (key, key)


def test_the_bucket_key_is_kept() -> None:
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    xml = encryption_xml({"ServerSideEncryptionConfiguration": [rule]})
    assert "<SSEAlgorithm>AES256</SSEAlgorithm>" in xml
    assert "<BucketKeyEnabled>true</BucketKeyEnabled>" in xml
