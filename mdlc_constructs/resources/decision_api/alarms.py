"""What raises an alarm about a decision API. Rows are plain data; the construct makes alarms of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mdlc_constructs.resources.decision_api.gateway import STAGE

NAMESPACE = "MDLC"
PERIOD_SECONDS = 60
BAD_MINUTES = 3
"""Of five, so that one slow minute wakes nobody."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A metric and what about it is too much.

    Attributes:
        statistic: such as `Sum` or `p99`.
        minutes: how many of the last five must be so.
    """

    id_: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    threshold: float
    meaning: str
    minutes: int = 1


def of_gateway(api_name: str, slowest: timedelta) -> tuple[Watched, ...]:
    """Errors and slowness as the callers see them."""
    common = {"ApiName": api_name, "Stage": STAGE}
    return (
        Watched(
            id_="ErrorsAlarm",
            namespace="AWS/ApiGateway",
            metric="5XXError",
            dimensions=common,
            statistic="Sum",
            threshold=1,
            meaning="answered a request with an error of its own",
        ),
        Watched(
            id_="SlowAlarm",
            namespace="AWS/ApiGateway",
            metric="Latency",
            dimensions=common,
            statistic="p99",
            threshold=slowest / timedelta(milliseconds=1),
            meaning=f"took longer than {slowest / timedelta(milliseconds=1):g} ms for one request in hundred",
            minutes=BAD_MINUTES,
        ),
    )


_DECISIONS = (
    ("FallbackDecisions", "decided without a score or without rules"),
    ("RecordsFailed", "could not record a decision, and made none"),
    ("ActionsFailed", "could not act on a decision at once"),
    ("RulesRefused", "refused rules that cannot be used; those before stay"),
)
"""Metrics that the library's own functions write into their logs."""


def of_decisions(api_name: str) -> tuple[Watched, ...]:
    """What the library's own functions count."""
    return tuple(
        Watched(
            id_=f"{metric}Alarm",
            namespace=NAMESPACE,
            metric=metric,
            dimensions={"Api": api_name},
            statistic="Sum",
            threshold=1,
            meaning=meaning,
        )
        for metric, meaning in _DECISIONS
    )


def of_function(id_: str, name: str, metric: str, meaning: str) -> Watched:
    """A metric of a function, such as `Throttles` or `Errors`."""
    return Watched(
        id_=f"{id_}{metric}Alarm",
        namespace="AWS/Lambda",
        metric=metric,
        dimensions={"FunctionName": name},
        statistic="Sum",
        threshold=1,
        meaning=meaning,
    )


def of_machine(machine_arn: str, metric: str, meaning: str) -> Watched:
    """A metric of the Express machine, such as `ExecutionThrottled`."""
    return Watched(
        id_=f"{metric}Alarm",
        namespace="AWS/States",
        metric=metric,
        dimensions={"StateMachineArn": machine_arn},
        statistic="Sum",
        threshold=1,
        meaning=meaning,
    )


def make_alarms(scope: Construct, api_name: str, rows: Iterable[Watched]) -> tuple[cloudwatch.CfnAlarm, ...]:
    """The alarms; give them actions of your own with `alarm.alarm_actions = [topic_arn]`."""
    return tuple(_alarm(scope, api_name, row) for row in rows)


def _alarm(scope: Construct, api_name: str, row: Watched) -> cloudwatch.CfnAlarm:
    # CloudWatch takes percentiles apart from the plain statistics.
    kind: dict[str, Any] = (
        {"extended_statistic": row.statistic} if row.statistic[0] == "p" else {"statistic": row.statistic}
    )
    return cloudwatch.CfnAlarm(
        scope,
        row.id_,
        alarm_description=f"The decision API {api_name} {row.meaning}.",
        namespace=row.namespace,
        metric_name=row.metric,
        dimensions=[{"name": name, "value": value} for name, value in row.dimensions.items()],
        period=PERIOD_SECONDS,
        evaluation_periods=5 if row.minutes > 1 else 1,
        datapoints_to_alarm=row.minutes,
        threshold=row.threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        **kind,
    )
