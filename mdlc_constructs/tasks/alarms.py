"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from mdlc_constructs.asl.failures import Retry
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.tasks.requests import check_unique

CLOUDWATCH_RETRY = (
    Retry(
        errors=(
            "CloudWatch.CloudWatchException",
            "CloudWatch.InternalServiceException",
            "CloudWatch.SdkClientException",
        )
    ),
)
"""Patience with throttling and passing faults of CloudWatch."""

MAX_NAMES = 100


def describe_alarms(name: str, *, alarms: Sequence[str], **state: Unpack[StateOptions]) -> Task:
    """A task whose result holds `MetricAlarms`, each with its `AlarmName` and `StateValue`.

    `alarms` are names of metric alarms, placeholders welcome; one that does not exist is left out of the
    result. Raises ValueError for none, more than CloudWatch takes, and one named twice.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    if not 1 <= len(alarms) <= MAX_NAMES:
        raise ValueError(f"alarms holds {len(alarms)} names; give 1 to {MAX_NAMES}.")
    check_unique("alarms", list(alarms))
    if "retry" not in state:
        state["retry"] = CLOUDWATCH_RETRY
    return integration(
        name,
        service="aws-sdk:cloudwatch",
        action="describeAlarms",
        arguments={"AlarmNames": list(alarms)},
        statements=(may_describe_alarms(*alarms),),
        **state,
    )


def may_describe_alarms(*alarms: str) -> Statement:
    """Looking at alarms of these names."""
    return Statement(
        actions=("cloudwatch:DescribeAlarms",),
        resources=tuple(arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms),
    )
