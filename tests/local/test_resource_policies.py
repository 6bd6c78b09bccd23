"""Two accounts: calls across them need the caller's identity policy and the owner's resource policy."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import role_maker
from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.test_control_plane import until

OTHER = "222222222222"
ROOT_OF_OTHER = {"AWS": f"arn:aws:iam::{OTHER}:root"}

Clients = Callable[[str], Any]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def open_to_other(actions: list[str], resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": ROOT_OF_OTHER, "Action": actions, "Resource": resource}


@pytest.fixture
def other(server: Server) -> Clients:
    """Clients with the second account's own credentials."""
    keys = {**server.credentials, "aws_access_key_id": OTHER}
    return lambda service: server.client(service, credentials=keys)


@pytest.fixture
def other_role(server: Server, other: Clients) -> Callable[..., Role]:
    """Makes a role of the second account, which the first may assume too."""

    return role_maker(server, other, service="sagemaker.amazonaws.com")


@pytest.fixture
def key(client: Clients) -> str:
    delegated = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return str(client("kms").create_key(Policy=policy(delegated))["KeyMetadata"]["Arn"])


def share_key(client: Clients, arn: str, *actions: str) -> None:
    held = json.loads(client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    held["Statement"].append(open_to_other(list(actions)))
    client("kms").put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(held))


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value)


def test_a_key_of_another_account_needs_both_policies(
    server: Server, client: Clients, other_role: Callable[..., Role], key: str
) -> None:
    without = server.client("kms", credentials=other_role().credentials)
    having = server.client(
        "kms", credentials=other_role(allow(["kms:GenerateDataKey", "kms:Decrypt"], key)).credentials
    )
    refusal = denied(lambda: having.generate_data_key(KeyId=key, KeySpec="AES_256"))
    assert f"on resource: {key} because no resource-based policy allows the kms:GenerateDataKey" in refusal
    share_key(client, key, "kms:GenerateDataKey", "kms:Decrypt")
    assert having.generate_data_key(KeyId=key, KeySpec="AES_256")["KeyId"] == key
    refusal = denied(lambda: without.generate_data_key(KeyId=key, KeySpec="AES_256"))
    assert "because no identity-based policy allows the kms:GenerateDataKey action" in refusal


def test_an_object_of_another_account_needs_its_bucket_and_key(
    server: Server, client: Clients, other_role: Callable[..., Role], key: str
) -> None:
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    objects = f"arn:aws:s3:::{bucket}/*"
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    role = other_role(allow("s3:GetObject", objects), allow("kms:Decrypt", key))
    reader = server.client("s3", credentials=role.credentials)

    def read() -> Any:
        return reader.get_object(Bucket=bucket, Key="a")["Body"].read()

    assert "AccessDenied" in denied(read)
    named = {**open_to_other(["s3:GetObject"], objects), "Principal": {"AWS": role.arn}}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(named))
    assert f"kms:Decrypt on resource: {key} because no resource-based policy" in denied(read)
    share_key(client, key, "kms:Decrypt")
    assert read() == b"1"
    other_key = server.client("s3", credentials=other_role(allow("s3:GetObject", objects)).credentials)
    assert "AccessDenied" in denied(lambda: other_key.get_object(Bucket=bucket, Key="a"))

    def evaluated(action: str, resource: str, **without: list[str]) -> Any:
        body = {"role": role.arn, "action": action, "resource": resource, **without}
        return server.control("POST", "evaluate", body)

    for action, resource in (("kms:Decrypt", key), ("s3:GetObject", f"arn:aws:s3:::{bucket}/a")):
        assert evaluated(action, resource)["allowed"]
        taken = evaluated(action, resource, without_resource=[action])
        assert "no resource-based policy allows" in taken["reason"]
        assert "no identity-based policy" in evaluated(action, resource, without=[action])["reason"]


def test_an_event_crosses_to_a_bus_that_allows_it_and_keeps_its_account(
    server: Server, client: Clients, other: Clients, make_role: Callable[..., Role]
) -> None:
    source, name = f"test.{uuid.uuid4().hex}", f"test-{uuid.uuid4().hex[:12]}"
    bus = other("events").create_event_bus(Name=name)["EventBusArn"]
    role = make_role(allow("events:PutEvents", bus), principal="events.amazonaws.com")
    pattern = json.dumps({"source": [source]})
    client("events").put_rule(Name=name, EventPattern=pattern)
    letters = client("sqs").create_queue(QueueName=f"{name}-letters")["QueueUrl"]
    letters_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-letters"
    target = {"Id": "a", "Arn": bus, "RoleArn": role.arn, "DeadLetterConfig": {"Arn": letters_arn}}
    client("events").put_targets(Rule=name, Targets=[target])
    queue = other("sqs").create_queue(QueueName=name)["QueueUrl"]
    # The rule has the name of the sender's rule, in its own account.
    other("events").put_rule(Name=name, EventPattern=pattern, EventBusName=name)
    queue_arn = f"arn:aws:sqs:{REGION}:{OTHER}:{name}"
    deliver = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    dead = {**deliver, "Resource": letters_arn}
    client("sqs").set_queue_attributes(QueueUrl=letters, Attributes={"Policy": policy(dead)})
    other("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(deliver)})
    other("events").put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "a", "Arn": queue_arn}])

    def messages() -> list[Any]:
        return list(other("sqs").receive_message(QueueUrl=queue).get("Messages", []))

    entry = {"Source": source, "DetailType": "x", "Detail": "{}"}
    client("events").put_events(Entries=[entry])
    used = until(lambda: [use for use in server.control("GET", "usage") if use["role"] == role.arn])
    assert [(use["action"], use["resource"], use["allowed"]) for use in used] == [
        ("events:PutEvents", bus, False)
    ]
    assert messages() == []
    found = until(
        lambda: client("sqs").receive_message(QueueUrl=letters, MessageAttributeNames=["All"]).get("Messages")
    )
    attributes = {key: value["StringValue"] for key, value in found[0]["MessageAttributes"].items()}
    assert (attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (bus, "NO_PERMISSIONS")
    assert (
        "because no resource-based policy allows the events:PutEvents action" in attributes["ERROR_MESSAGE"]
    )
    assert json.loads(found[0]["Body"])["source"] == source
    other("events").put_permission(
        EventBusName=name, StatementId="home", Action="events:PutEvents", Principal=ACCOUNT
    )
    client("events").put_events(Entries=[entry])
    assert json.loads(until(messages)[0]["Body"])["account"] == ACCOUNT


def test_a_package_of_another_account_needs_its_groups_policy(
    server: Server, client: Clients, other: Clients, other_role: Callable[..., Role]
) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    template = {
        "Resources": {
            "Group": {
                "Type": "AWS::SageMaker::ModelPackageGroup",
                "Properties": {"ModelPackageGroupName": name, "ModelPackageGroupPolicy": {"Statement": []}},
            },
            "Bus": {
                "Type": "AWS::Events::EventBusPolicy",
                "Properties": {
                    "StatementId": name,
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": ROOT_OF_OTHER,
                        "Action": "events:PutEvents",
                        "Resource": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
                    },
                },
            },
        }
    }
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    assert name in client("events").describe_event_bus(Name="default")["Policy"]
    # The second account has a group of the same name, which is another.
    other("sagemaker").create_model_package_group(ModelPackageGroupName=name)
    sagemaker = client("sagemaker")
    package = sagemaker.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"]
    group = sagemaker.describe_model_package_group(ModelPackageGroupName=name)["ModelPackageGroupArn"]
    packages = package.rpartition("/")[0] + "/*"
    actions = [
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackages",
        "sagemaker:UpdateModelPackage",
    ]
    own_models = f"arn:aws:sagemaker:{REGION}:{OTHER}:model/*"
    role = other_role(allow(actions, packages), allow("sagemaker:CreateModel", [own_models, packages]))
    reader = server.client("sagemaker", credentials=role.credentials)
    refusal = denied(lambda: reader.describe_model_package(ModelPackageName=package))
    assert f"{package} because no resource-based policy allows the sagemaker:DescribeModelPackage" in refusal
    assert "because no resource-based policy" in denied(
        lambda: other("sagemaker").describe_model_package(ModelPackageName=package)
    )
    model = {"ModelName": name, "PrimaryContainer": {"ModelPackageName": package}}
    refusal = denied(lambda: reader.create_model(**model))
    assert f"{package} because no resource-based policy allows the sagemaker:CreateModel action" in refusal
    sagemaker.put_model_package_group_policy(
        ModelPackageGroupName=name, ResourcePolicy=policy(open_to_other(actions, packages))
    )
    assert reader.describe_model_package(ModelPackageName=package)["ModelPackageArn"] == package
    listed = reader.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [each["ModelPackageArn"] for each in listed] == [package]
    reader.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"a": "b"})
    described = sagemaker.describe_model_package(ModelPackageName=package)
    assert described["CustomerMetadataProperties"] == {"a": "b"}
    assert other("sagemaker").list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"] == []
    held = sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)["ResourcePolicy"]
    assert json.loads(held)["Statement"][0]["Principal"] == ROOT_OF_OTHER
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=name)
    assert "Cannot find resource policy" in denied(
        lambda: sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)
    )
    assert "because no resource-based policy" in denied(
        lambda: reader.describe_model_package(ModelPackageName=package)
    )


def test_an_image_of_another_account_needs_its_repositorys_policy(
    server: Server, client: Clients, other: Clients, other_role: Callable[..., Role]
) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    for clients in (client, other):
        # Repositories of the same name are others in each account.
        arn = clients("ecr").create_repository(repositoryName=name)["repository"]["repositoryArn"]
        assert [each["repositoryArn"] for each in clients("ecr").describe_repositories()["repositories"]][
            -1
        ] == arn
    repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"
    role = other_role(allow("ecr:BatchGetImage", repository))

    def evaluated() -> Any:
        body = {"role": role.arn, "action": "ecr:BatchGetImage", "resource": repository}
        return server.control("POST", "evaluate", body)

    assert "because no resource-based policy allows the ecr:BatchGetImage action" in evaluated()["reason"]
    statement = {**open_to_other(["ecr:BatchGetImage"])}
    del statement["Resource"]
    client("ecr").set_repository_policy(repositoryName=name, policyText=policy(statement))
    assert evaluated()["allowed"]


def test_a_role_of_another_account_needs_its_trust_and_the_callers_policy(
    server: Server, other: Clients, make_role: Callable[..., Role]
) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    arn = f"arn:aws:iam::{OTHER}:role/{name}"
    having, without = make_role(allow("sts:AssumeRole", arn)), make_role()
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Condition": {
            "StringEquals": {"sts:ExternalId": "agreed"},
            "ArnEquals": {"aws:PrincipalArn": having.arn},
        },
    }
    other("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))

    def assume(role: Role, **more: str) -> Any:
        sts = server.client("sts", credentials=role.credentials)
        return sts.assume_role(RoleArn=arn, RoleSessionName="test", **more)["AssumedRoleUser"]["Arn"]

    assert assume(having, ExternalId="agreed") == f"arn:aws:sts::{OTHER}:assumed-role/{name}/test"
    assert "AccessDenied" in denied(lambda: assume(having))
    assert "AccessDenied" in denied(lambda: assume(without, ExternalId="agreed"))
