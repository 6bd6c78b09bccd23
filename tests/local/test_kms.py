"""Encrypted objects and tables need permission on their key."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import Role, Server, allow

Clients = Callable[[str], Any]
Roles = Callable[..., Role]


@pytest.fixture
def key(client: Clients) -> str:
    return str(client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def bucket(client: Clients, key: str) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=name, Key="a", Body=b"secret", ChecksumAlgorithm="SHA256")
    return name


def test_reading_needs_decrypt(server: Server, make_role: Roles, bucket: str, key: str) -> None:
    objects = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    without, having = make_role(objects), make_role(objects, allow("kms:Decrypt", key))
    with pytest.raises(ClientError, match=f"kms:Decrypt on resource: {key}") as refused:
        server.client("s3", credentials=without.credentials).get_object(Bucket=bucket, Key="a")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert (
        server.client("s3", credentials=having.credentials).get_object(Bucket=bucket, Key="a")["Body"].read()
    )


def test_writing_needs_a_data_key(server: Server, make_role: Roles, bucket: str, key: str) -> None:
    objects = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    without, having = make_role(objects), make_role(objects, allow("kms:GenerateDataKey*", key))
    with pytest.raises(ClientError, match=f"kms:GenerateDataKey on resource: {key}"):
        server.client("s3", credentials=without.credentials).put_object(Bucket=bucket, Key="b", Body=b"1")
    server.client("s3", credentials=having.credentials).put_object(Bucket=bucket, Key="b", Body=b"1")


def test_a_key_named_in_the_request_counts(
    server: Server, make_role: Roles, bucket: str, client: Clients
) -> None:
    other = client("kms").create_key()["KeyMetadata"]["Arn"]
    role = make_role(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    with pytest.raises(ClientError, match=f"kms:GenerateDataKey on resource: {other}"):
        server.client("s3", credentials=role.credentials).put_object(
            Bucket=bucket, Key="b", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=other
        )


def test_metadata_needs_the_key_only_for_checksums(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    s3 = server.client("s3", credentials=role.credentials)
    assert s3.head_object(Bucket=bucket, Key="a")["ContentLength"] == 6
    with pytest.raises(ClientError, match="403"):
        s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")


def test_the_condition_on_the_service_holds(server: Server, make_role: Roles, bucket: str, key: str) -> None:
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    role = make_role(
        allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), allow("kms:Decrypt", key, Condition=via)
    )
    assert server.client("s3", credentials=role.credentials).get_object(Bucket=bucket, Key="a")["Body"].read()


def test_an_encrypted_table_needs_decrypt(
    server: Server, make_role: Roles, client: Clients, key: str
) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    table = client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )["TableDescription"]["TableArn"]
    items = allow(["dynamodb:PutItem", "dynamodb:GetItem"], table)
    without, having = make_role(items), make_role(items, allow("kms:Decrypt", key))
    item = {"pk": {"S": "a"}}
    with pytest.raises(ClientError, match=f"kms:Decrypt on resource: {key}") as refused:
        server.client("dynamodb", credentials=without.credentials).put_item(TableName=name, Item=item)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    server.client("dynamodb", credentials=having.credentials).put_item(TableName=name, Item=item)


def test_a_write_that_names_no_key_uses_the_managed_one(
    server: Server, make_role: Roles, client: Clients
) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    role = make_role(allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{name}/*"))
    s3 = server.client("s3", credentials=role.credentials)
    s3.put_object(Bucket=name, Key="a", Body=b"1", ServerSideEncryption="aws:kms")
    assert s3.get_object(Bucket=name, Key="a")["SSEKMSKeyId"].endswith("alias/aws/s3")
