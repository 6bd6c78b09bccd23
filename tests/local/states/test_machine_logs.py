"""A machine's executions are logged to its group at its level."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow
from tests.local.states.running import run
from tests.local.states.test_control_plane import until

Clients = Callable[[str], Any]
Roles = Callable[..., Role]

FAILS = {
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Fail", "Error": "E"}},
}


@pytest.mark.parametrize(
    ("level", "first"),
    [("ALL", "ExecutionStarted"), ("ERROR", "FailStateEntered"), ("FATAL", "ExecutionFailed")],
)
@pytest.mark.parametrize("with_data", [True, False])
def test_logs_at_its_level(
    server: Server, make_role: Roles, client: Clients, level: str, first: str, with_data: bool
) -> None:
    group = f"/test/{uuid.uuid4().hex}"
    client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    logging = {
        "level": level,
        "includeExecutionData": with_data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
    }
    done = run(server, FAILS, make_role(allow("logs:*")).arn, {"secret": 1}, loggingConfiguration=logging)
    found = until(lambda: client("logs").filter_log_events(logGroupName=group)["events"])
    messages = [json.loads(event["message"]) for event in found]
    assert messages[0]["type"] == first
    assert {message["execution_arn"] for message in messages} == {done.arn}
    if level == "ALL":
        assert ("secret" in json.dumps(messages)) == with_data
