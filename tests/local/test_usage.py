"""Uses are recorded, and actions can be taken away while the server runs."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import Role, Server, allow

Clients = Callable[[str], Any]
Roles = Callable[..., Role]


@pytest.fixture
def bucket(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="a", Body=b"1")
    return name


@pytest.fixture(autouse=True)
def restored(server: Server) -> Iterator[None]:
    yield
    server.control("POST", "restore")


def uses_of(server: Server, role: Role) -> list[dict[str, Any]]:
    return [use for use in server.control("GET", "usage") if use["role"] == role.arn]


def test_records_each_use_once(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    s3 = server.client("s3", credentials=role.credentials)
    for _ in range(3):
        s3.get_object(Bucket=bucket, Key="a")
    with pytest.raises(ClientError):
        s3.list_objects_v2(Bucket=bucket, Prefix="a")
    read, listed = uses_of(server, role)
    assert (read["action"], read["resource"], read["allowed"], read["count"]) == (
        "s3:GetObject",
        f"arn:aws:s3:::{bucket}/a",
        True,
        3,
    )
    assert (listed["action"], listed["allowed"], listed["context"]["s3:prefix"]) == (
        "s3:ListBucket",
        False,
        "a",
    )
    lines = [json.loads(line) for line in (server.state_dir / "usage.jsonl").read_text().splitlines()]
    assert [line["action"] for line in lines if line["role"] == role.arn] == ["s3:GetObject", "s3:ListBucket"]


def test_the_deployer_leaves_no_record(server: Server, client: Clients, bucket: str) -> None:
    client("s3").get_object(Bucket=bucket, Key="a")
    assert all(":role/" in use["role"] for use in server.control("GET", "usage"))


def test_an_action_taken_away_is_denied_by_name(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow("s3:GetObject"))
    s3 = server.client("s3", credentials=role.credentials)
    server.control("POST", "deny", {"role": role.name, "action": "s3:GetObject"})
    with pytest.raises(ClientError, match=f"s3:GetObject on resource: arn:aws:s3:::{bucket}/a"):
        s3.get_object(Bucket=bucket, Key="a")
    server.control("POST", "restore")
    s3.get_object(Bucket=bucket, Key="a")


def test_one_call_can_be_judged(server: Server, make_role: Roles) -> None:
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    role = make_role(allow("iam:PassRole", "arn:aws:iam::000000000000:role/job", Condition=passed))
    asked = {
        "role": role.arn,
        "action": "iam:PassRole",
        "resource": "arn:aws:iam::000000000000:role/job",
        "context": {"iam:PassedToService": "sagemaker.amazonaws.com"},
    }
    assert server.control("POST", "evaluate", asked) == {"allowed": True, "reason": None}
    refused = server.control("POST", "evaluate", asked | {"context": {}})
    assert refused["allowed"] is False
    assert "iam:PassRole on resource: arn:aws:iam::000000000000:role/job" in refused["reason"]
    server.control("POST", "deny", {"role": role.arn, "action": "iam:PassRole"})
    assert server.control("POST", "evaluate", asked)["allowed"] is False


def test_a_call_is_judged_by_the_roles_own_policies_without_an_action(
    server: Server, make_role: Roles, bucket: str
) -> None:
    role = make_role(
        allow(["s3:GetObject", "s3:Put*"], f"arn:aws:s3:::{bucket}/*"),
        {"Effect": "Allow", "NotAction": "s3:Put*", "Resource": f"arn:aws:s3:::{bucket}/*"},
    )

    def judged(action: str, *without: str) -> dict[str, Any]:
        asked = {"role": role.arn, "action": action, "resource": f"arn:aws:s3:::{bucket}/a"}
        answer: dict[str, Any] = server.control("POST", "evaluate", asked | {"without": list(without)})
        return answer

    for action in ("s3:GetObject", "s3:PutObject"):
        assert judged(action) == {"allowed": True, "reason": None}
        refused = judged(action, action)
        assert not refused["allowed"]
        assert f"assumed-role/{role.name}/" in refused["reason"]
        assert f"{action} on resource: arn:aws:s3:::{bucket}/a" in refused["reason"]
    assert judged("s3:PutObject", "s3:GetObject", "s3:PutObjectTagging")["allowed"]
    assert uses_of(server, role) == []


def test_a_question_is_judged_as_a_call_over_tls(
    server: Server, client: Clients, make_role: Roles, bucket: str
) -> None:
    role = make_role(allow("s3:GetObject"))
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": plain}
    statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    asked = {"role": role.arn, "action": "s3:GetObject", "resource": f"arn:aws:s3:::{bucket}/a"}
    assert server.control("POST", "evaluate", asked) == {"allowed": True, "reason": None}


def test_what_else_allows_a_call_still_does(
    server: Server, client: Clients, make_role: Roles, bucket: str
) -> None:
    role = make_role(allow("s3:GetObject"))
    statement = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": role.arn}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    server.control("POST", "deny", {"role": role.name, "action": "s3:GetObject"})
    s3 = server.client("s3", credentials=role.credentials)
    s3.get_object(Bucket=bucket, Key="a")
    client("s3").delete_bucket_policy(Bucket=bucket)
    with pytest.raises(ClientError, match="s3:GetObject"):
        s3.get_object(Bucket=bucket, Key="a")


def test_a_question_without_its_list_is_refused(server: Server, make_role: Roles) -> None:
    role = make_role(allow("s3:GetObject"))
    asked = {"role": role.arn, "action": "s3:GetObject", "resource": "*", "without": "s3:GetObject"}
    with pytest.raises(HTTPError, match="400"):
        server.control("POST", "evaluate", asked)


def test_reset_starts_anew(server: Server, make_role: Roles, bucket: str) -> None:
    role = make_role(allow("s3:GetObject"))
    server.client("s3", credentials=role.credentials).get_object(Bucket=bucket, Key="a")
    server.control("POST", "reset")
    assert server.control("GET", "usage") == []
    assert (server.state_dir / "usage.jsonl").read_text() == ""
