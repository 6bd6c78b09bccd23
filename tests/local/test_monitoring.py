"""CloudWatch's calls are judged by namespaces and by alarms."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.monitoring import members
from tests.local.embedded import Role, Server

Roles = Callable[..., Role]
FIRST = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:first"


def allow(action: str, *resources: str, **condition: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": list(resources), **condition}


def test_metrics_are_granted_by_namespace(server: Server, make_role: Roles) -> None:
    condition = {"StringEquals": {"cloudwatch:namespace": "Mine"}}
    role = make_role(allow("cloudwatch:PutMetricData", "*", Condition=condition))
    cloudwatch = server.client("cloudwatch", credentials=role.credentials)
    data = [{"MetricName": "m", "Value": 1.0}]
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=data)
    with pytest.raises(ClientError, match="cloudwatch:PutMetricData"):
        cloudwatch.put_metric_data(Namespace="Theirs", MetricData=data)


def test_alarms_are_granted_by_name(server: Server, make_role: Roles) -> None:
    role = make_role(allow("cloudwatch:DescribeAlarms", FIRST))
    cloudwatch = server.client("cloudwatch", credentials=role.credentials)
    assert cloudwatch.describe_alarms(AlarmNames=["first"])["MetricAlarms"] == []
    for names in (["second"], ["first", "second"]):
        with pytest.raises(ClientError, match=r"cloudwatch:DescribeAlarms on resource: .*:alarm:second"):
            cloudwatch.describe_alarms(AlarmNames=names)
    with pytest.raises(ClientError, match="cloudwatch:DescribeAlarms"):
        cloudwatch.describe_alarms()


@pytest.mark.parametrize(
    ("body", "params"),
    [
        (json.dumps({"AlarmNames": ["a", "b"]}).encode(), {}),
        (b"", {"AlarmNames.member.1": ["a"], "AlarmNames.member.2": ["b"]}),
    ],
)
def test_names_are_read_from_json_and_from_queries(body: bytes, params: dict[str, Any]) -> None:
    assert members(body, params)["AlarmNames"] == ["a", "b"]


def test_what_cannot_be_read_names_nothing() -> None:
    assert members(b"{", {}) == members(b"", {}) == {}
