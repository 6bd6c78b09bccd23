"""Permissions are enforced as on AWS: for roles, for roles passed on, for keys, by resource policies."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import Role, Server, allow

Clients = Callable[[str], Any]
Roles = Callable[..., Role]
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.fixture
def bucket(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    return name


def test_a_denial_names_the_action_and_the_resource(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/public/*"))
    s3 = server.client("s3", credentials=role.credentials)
    server.client("s3").put_object(Bucket=bucket, Key="public/a", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="public/a")["Body"].read() == b"1"
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="public/a", Body=b"2")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert "s3:PutObject" in str(refused.value)
    assert f"arn:aws:s3:::{bucket}/public/a" in str(refused.value)


def test_a_copy_is_refused_by_its_source(server: Server, make_role: Roles, bucket: str) -> None:
    server.client("s3").put_object(Bucket=bucket, Key="from", Body=b"1")
    role = make_role(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    s3 = server.client("s3", credentials=role.credentials)
    with pytest.raises(ClientError, match=rf"s3:GetObject on resource: arn:aws:s3:::{bucket}/from"):
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})


def test_json_services_name_the_resource_too(server: Server, make_role: Roles) -> None:
    events = server.client("events", credentials=make_role().credentials)
    with pytest.raises(
        ClientError, match=r"events:PutEvents on resource: arn:aws:events:.*event-bus/default"
    ) as no:
        events.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}])
    assert no.value.response["Error"]["Code"] == "AccessDeniedException"
    assert no.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_deployer_may_do_everything(client: Clients) -> None:
    assert client("sts").get_caller_identity()["Arn"].endswith(":root")
    client("kms").list_keys()


def test_enforce_ssl_passes_on_loopback(server: Server, make_role: Roles, bucket: str) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    server.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    role = make_role(allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*"))
    server.client("s3", credentials=role.credentials).put_object(Bucket=bucket, Key="a", Body=b"1")


def test_a_bucket_policy_can_deny(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow("s3:*"))
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": role.arn},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
            }
        ],
    }
    server.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    with pytest.raises(ClientError, match="s3:PutObject"):
        server.client("s3", credentials=role.credentials).put_object(Bucket=bucket, Key="a", Body=b"1")


class TestPassRole:
    def create(self, server: Server, caller: Role, machine_role: Role) -> Any:
        states = server.client("stepfunctions", credentials=caller.credentials)
        name = f"test-{uuid.uuid4().hex[:12]}"
        return states.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=machine_role.arn)

    def test_needs_permission_on_the_role(self, server: Server, make_role: Roles) -> None:
        machine_role = make_role()
        caller = make_role(allow("states:CreateStateMachine"))
        with pytest.raises(ClientError, match=f"iam:PassRole on resource: {machine_role.arn}") as refused:
            self.create(server, caller, machine_role)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"

    @pytest.mark.parametrize(
        ("service", "passes"), [("states.amazonaws.com", True), ("lambda.amazonaws.com", False)]
    )
    def test_heeds_the_service_it_is_passed_to(
        self, server: Server, make_role: Roles, service: str, passes: bool
    ) -> None:
        machine_role = make_role()
        condition = {"StringEquals": {"iam:PassedToService": service}}
        caller = make_role(
            allow("states:CreateStateMachine"), allow("iam:PassRole", machine_role.arn, Condition=condition)
        )
        if passes:
            assert self.create(server, caller, machine_role)["stateMachineArn"]
        else:
            with pytest.raises(ClientError, match="iam:PassRole"):
                self.create(server, caller, machine_role)

    def test_holds_for_functions(self, server: Server, make_role: Roles) -> None:
        function_role = make_role(principal="lambda.amazonaws.com")
        caller = make_role(allow("lambda:CreateFunction"))
        functions = server.client("lambda", credentials=caller.credentials)
        with pytest.raises(ClientError, match="iam:PassRole") as refused:
            functions.create_function(
                FunctionName=f"test-{uuid.uuid4().hex[:12]}",
                Role=function_role.arn,
                Runtime="python3.12",
                Handler="a.b",
                Code={"ZipFile": b"x"},
            )
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
