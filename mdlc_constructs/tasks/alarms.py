"""Tasks on CloudWatch alarms."""

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
"""The retriers for throttling and transient errors of CloudWatch."""

MAX_NAMES = 100


def describe_alarms(name: str, *, alarms: Sequence[str], **state: Unpack[StateOptions]) -> Task:
    """A task whose result holds `MetricAlarms`, each with its `AlarmName` and `StateValue`.

    `alarms` are names of metric alarms, which may be placeholders; the result leaves out alarms that do not
    exist. Raises ValueError for no names, for more than CloudWatch takes, and for a duplicate name.

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
    """The permission to describe alarms with these names."""
    return Statement(
        actions=("cloudwatch:DescribeAlarms",),
        resources=tuple(arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms),
    )
