"""Lines of a log that are metrics."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.aws.embedded_metrics import metric_line
from mdlc_local.counts import Measured
from mdlc_local.embedded_metrics import metrics

GROUP = "/embedded-metrics"


def line(**changes: Any) -> str:
    """A line with two metrics in one directive."""
    directive = {
        "Namespace": "Shop",
        "Dimensions": [["Api"], ["Api", "Stage"]],
        "Metrics": [{"Name": "Orders", "Unit": "Count"}, {"Name": "Latency"}],
    }
    root = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "Api": "a", "Stage": "live"}
    return json.dumps({**root, "Orders": 2, "Latency": [5, 7.5], **changes})


def test_every_value_counts_under_every_set_of_dimensions() -> None:
    one, two = (("Api", "a"),), (("Api", "a"), ("Stage", "live"))
    assert list(metrics(line())) == [
        ("Shop", Measured(name, value, unit, dimensions))
        for dimensions in (one, two)
        for name, value, unit in (("Orders", 2, "Count"), ("Latency", 5, "None"), ("Latency", 7.5, "None"))
    ]


def test_what_our_functions_write_counts() -> None:
    written = metric_line("a", {"Decisions": 1, "FallbackDecisions": 0}, {"request_id": "r"}, 1)
    assert [(found.metric, found.value) for _, found in metrics(written)] == [
        ("Decisions", 1.0),
        ("FallbackDecisions", 0.0),
    ]


@pytest.mark.parametrize(
    "other",
    [
        "START RequestId: 1",
        '{"message": "hello"}',
        'broken "_aws" {',
        '["_aws"]',
        '{"_aws": {"CloudWatchMetrics": 3}}',
        line(Orders="many"),
        line(Orders=None),
    ],
)
def test_other_lines_are_no_metrics(other: str) -> None:
    assert list(metrics(other)) == []


def test_log_events_reach_cloudwatch(client: Callable[[str], Any]) -> None:
    logs, cloudwatch = client("logs"), client("cloudwatch")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    now = datetime.now(UTC)
    event = {"timestamp": int(now.timestamp() * 1000), "message": line()}
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=[event, event])
    deadline = time.monotonic() + 20
    while not (
        points := cloudwatch.get_metric_statistics(
            Namespace="Shop",
            MetricName="Latency",
            Dimensions=[{"Name": "Api", "Value": "a"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
    ):
        assert time.monotonic() < deadline, "no data points came"
        time.sleep(0.05)
    assert sum(point["Sum"] for point in points) == 25
    assert sum(point["SampleCount"] for point in points) == 4
