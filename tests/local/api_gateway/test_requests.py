"""What CloudWatch is told of requests."""

import json
import time
from collections.abc import Callable
from typing import Any

from tests.local.api_gateway.gateway import Stack


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 10
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_the_access_log(stack: Stack) -> None:
    answer = stack.post("/decisions")
    refused = stack.post("/decisions", b"{")

    def lines(request_id: str) -> list[Any]:
        events = stack.server.client("logs").filter_log_events(
            logGroupName=stack.outputs["LogGroup"], filterPattern=f'"{request_id}"'
        )["events"]
        return [json.loads(event["message"]) for event in events]

    (line,) = until(lambda: lines(answer.headers["x-amzn-requestid"]))
    assert (line["status"], line["path"], line["error"], line["caller"]) == ("200", "/decisions", "-", "-")
    assert int(line["latency"]) >= int(line["integration"]) >= 0
    (line,) = until(lambda: lines(refused.headers["x-amzn-requestid"]))
    assert (line["status"], line["integration"], line["error"]) == ("400", "-", "Invalid request body")
    writes = [use for use in stack.server.control("GET", "usage") if use["action"] == "logs:PutLogEvents"]
    assert any("LogRole" in use["role"] and use["allowed"] for use in writes)


def test_the_metrics(stack: Stack) -> None:
    def total(metric: str) -> float:
        points = stack.server.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=metric,
            Dimensions=[{"Name": "ApiName", "Value": stack.name}, {"Name": "Stage", "Value": "live"}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 600,
            Period=1200,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    stack.post("/decisions")
    until(lambda: total("Count"))
    time.sleep(1.2)  # nothing of earlier requests may come later
    before = {name: total(name) for name in ("Count", "4XXError", "5XXError")}
    for body in (None, b"{", {"request_id": "x", "row": {"fail": True}}):
        stack.post("/decisions", body)
    until(lambda: total("Count") == before["Count"] + 3)
    assert total("4XXError") == before["4XXError"] + 1
    assert total("5XXError") == before["5XXError"] + 1
    assert total("IntegrationLatency") > 0
