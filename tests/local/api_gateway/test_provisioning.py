"""What a template says of validation, throttling and logging."""

import time

import pytest

from tests.local.api_gateway.app_template import template
from tests.local.api_gateway.gateway import GOOD, Stack, deploy
from tests.local.embedded import Server


@pytest.mark.parametrize(
    "body", [{"row": {}}, {"request_id": "", "row": {}}, {"request_id": "1", "row": 3}, b"{"]
)
def test_a_body_is_refused_before_anything_runs(stack: Stack, body: object) -> None:
    before = executions(stack)
    refused = stack.post("/decisions", body)
    assert (refused.status, refused.json) == (400, {"message": "Invalid request body"})
    assert executions(stack) == before


def executions(stack: Stack) -> int:
    uses = stack.server.control("GET", "usage")
    return sum(
        use["count"]
        for use in uses
        if use["action"] == "states:StartSyncExecution" and use["resource"] == stack.outputs["Machine"]
    )


def test_a_method_of_its_own_throttling(stack: Stack) -> None:
    statuses = [stack.post("/limited").status for _ in range(6)]
    assert statuses[:2] == [200, 200]
    assert 429 in statuses[2:]
    time.sleep(1.2)
    assert stack.post("/limited").status == 200
    assert stack.post("/decisions", GOOD).status == 200


def test_logging_needs_a_role_of_the_account(server: Server) -> None:
    account = server.client("apigateway").get_account().get("cloudwatchRoleArn")
    server.client("apigateway").update_account(
        patchOperations=[{"op": "remove", "path": "/cloudwatchRoleArn"}]
    )
    silent = template()
    del silent["Resources"]["Account"]
    silent["Resources"]["Stage"]["DependsOn"] = []
    try:
        with pytest.raises(RuntimeError, match="CloudWatch Logs role ARN must be set in account settings"):
            deploy(server, "api-silent", silent)
    finally:
        server.client("apigateway").update_account(
            patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": account}]
        )
