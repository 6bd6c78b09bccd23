"""Tasks that publish custom CloudWatch metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.alarms import CLOUDWATCH_RETRY
from mdlc_constructs.tasks.integration import StateOptions, integration


def put_metric(
    name: str,
    *,
    namespace: str,
    metric: str,
    value: float | str,
    dimensions: Mapping[str, str],
    unit: str = "None",
    **state: Unpack[StateOptions],
) -> Task:
    """A task that publishes one data point of a metric: `cloudwatch:putMetricData`.

    `value` is a number or a JSONata expression for one.
    """
    datum = {
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": dimension} for key, dimension in dimensions.items()],
        "Value": value,
        "Unit": unit,
    }
    if "retry" not in state:
        state["retry"] = CLOUDWATCH_RETRY
    return integration(
        name,
        service="aws-sdk:cloudwatch",
        action="putMetricData",
        arguments={"Namespace": namespace, "MetricData": [datum]},
        statements=(may_put_metrics(namespace),),
        **state,
    )


def may_put_metrics(namespace: str) -> Statement:
    """The permission to publish metrics of one namespace. It has no resource-level form, only a condition.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
    """
    return Statement(
        actions=("cloudwatch:PutMetricData",),
        resources=("*",),
        conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
    )
