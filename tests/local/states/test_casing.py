"""Requests are written as the API wants them, answers read as machines see them."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import Role, Server, allow
from tests.local.states.running import Run, run

Clients = Callable[[str], Any]
Roles = Callable[..., Role]


def call(server: Server, role: Role, resource: str, arguments: dict[str, Any]) -> Run:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
    return run(server, {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}, role.arn)


@pytest.fixture
def bucket(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    return name


def test_members_of_a_camel_case_api_are_named_in_pascal_case(server: Server, make_role: Roles) -> None:
    role = make_role(allow("states:*"))
    listed = call(server, role, "aws-sdk:sfn:listStateMachines", {"MaxResults": 5}).output
    machine = listed["StateMachines"][0]
    assert {"StateMachineArn", "Name", "Type", "CreationDate"} <= set(machine)
    assert machine["CreationDate"].endswith("Z")


def test_objects_become_text_and_bodies_text_again(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow(["s3:PutObject", "s3:GetObject"]))
    content = {"columns": ["a", "\u00e9"], "n": 1}
    call(server, role, "aws-sdk:s3:putObject", {"Bucket": bucket, "Key": "a", "Body": content})
    read = call(server, role, "aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "a"}).output
    assert json.loads(read["Body"]) == content
    assert read["ContentLength"] == len(
        json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_names_chosen_by_the_user_stay_as_they_are(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow(["s3:PutObject", "s3:GetObject"]))
    arguments = {"Bucket": bucket, "Key": "a", "Body": "x", "Metadata": {"data-version": "1"}}
    call(server, role, "aws-sdk:s3:putObject", arguments)
    head = call(server, role, "aws-sdk:s3:headObject", {"Bucket": bucket, "Key": "a"}).output
    assert head["Metadata"] == {"data-version": "1"}
