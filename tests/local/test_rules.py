"""Rules start machines as their role, and S3 tells EventBridge of new objects."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mdlc_local import options, rules
from mdlc_local.options import Options
from tests.local.embedded import Role, Server, allow
from tests.local.states.running import create
from tests.local.states.test_control_plane import until

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.fixture
def machine(server: Server, make_role: Roles) -> str:
    return create(server, PASS, make_role().arn)


def test_rates_follow_the_time_scale_and_other_schedules_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "_current", Options(port=4566, state_dir=tmp_path, time_scale=30))
    scaled = rules._scaled({"rate(1 minute)": 60, "cron(0 0 * * ? *)": None}.__getitem__)
    assert scaled("rate(1 minute)") == 2
    assert scaled("cron(0 0 * * ? *)") is None


def add_rule(client: Clients, pattern: dict[str, Any], machine: str, role: Role) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    added = client("events").put_targets(
        Rule=name, Targets=[{"Id": "a", "Arn": machine, "RoleArn": role.arn}]
    )
    assert added["FailedEntryCount"] == 0


def executions(client: Clients, machine: str) -> list[dict[str, Any]]:
    return list(client("stepfunctions").list_executions(stateMachineArn=machine)["executions"])


def test_a_rule_needs_permission_to_start_a_machine(
    server: Server, client: Clients, make_role: Roles, machine: str
) -> None:
    source = f"test.{uuid.uuid4().hex}"
    without = make_role(principal="events.amazonaws.com")
    having = make_role(allow("states:StartExecution", machine), principal="events.amazonaws.com")
    entry = {"Source": source, "DetailType": "x", "Detail": "{}"}
    add_rule(client, {"source": [source]}, machine, without)
    client("events").put_events(Entries=[entry])
    used = until(lambda: [use for use in server.control("GET", "usage") if use["role"] == without.arn])
    assert (used[0]["action"], used[0]["resource"], used[0]["allowed"]) == (
        "states:StartExecution",
        machine,
        False,
    )
    time.sleep(0.3)
    assert executions(client, machine) == []
    add_rule(client, {"source": [source]}, machine, having)
    client("events").put_events(Entries=[entry])
    assert len(until(lambda: executions(client, machine))) == 1


def test_a_new_object_is_an_event(client: Clients, make_role: Roles, machine: str) -> None:
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    role = make_role(allow("states:StartExecution", machine), principal="events.amazonaws.com")
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "in/"}]}},
    }
    add_rule(client, pattern, machine, role)
    s3.put_object(Bucket=bucket, Key="out/a.csv", Body=b"1")
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"12")
    started = until(lambda: executions(client, machine))
    described = client("stepfunctions").describe_execution(executionArn=started[0]["executionArn"])
    detail = json.loads(described["input"])["detail"]
    assert (detail["object"]["key"], detail["object"]["size"]) == ("in/a.csv", 2)
    assert len(executions(client, machine)) == 1
