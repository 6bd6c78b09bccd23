"""The alarms of a decision API, described as plain data, from which the construct creates them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mdlc_constructs.workflows.decision.counting import NAMESPACE
from mdlc_constructs.workflows.decision.gateway import STAGE

PERIOD_SECONDS = 60
BAD_MINUTES = 3
"""How many of five minutes must be slow, so that a single one raises no alarm."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A metric and the threshold of its alarm.

    Attributes:
        id_: the alarm's construct id.
        statistic: such as `Sum` or `p99`.
        meaning: the end of the alarm's description.
        minutes: how many of the last five minutes must reach the threshold.
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
    """Alarms on errors and latency as callers see them."""
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
    ("RulesRefused", "refused rules that cannot be used; those before stay"),
)
_LOOK_UP = ("LookUpsFailed", "decided with defaults, because the look-up failed or came late")
_ACTION = ("ActionsFailed", "could not act on a decision at once")
"""Metrics that the library's own functions write into their logs, and that some states of the machine put."""


def of_decisions(api_name: str, *, looks_up: bool, acts: bool) -> tuple[Watched, ...]:
    """Alarms on the metrics of the library's own functions and of the machine."""
    counted = (*_DECISIONS, *((_LOOK_UP,) if looks_up else ()), *((_ACTION,) if acts else ()))
    about = {"Api": api_name}
    return tuple(_once(f"{metric}Alarm", NAMESPACE, metric, about, meaning) for metric, meaning in counted)


def of_function(id_: str, name: str, metric: str, meaning: str) -> Watched:
    """An alarm on a metric of a function, such as `Throttles` or `Errors`."""
    return _once(f"{id_}{metric}Alarm", "AWS/Lambda", metric, {"FunctionName": name}, meaning)


def of_machine(machine_arn: str, metric: str, meaning: str) -> Watched:
    """An alarm on a metric of the Express machine, such as `ExecutionThrottled`."""
    return _once(f"{metric}Alarm", "AWS/States", metric, {"StateMachineArn": machine_arn}, meaning)


def _once(id_: str, namespace: str, metric: str, dimensions: Mapping[str, str], meaning: str) -> Watched:
    """An alarm on a single occurrence."""
    return Watched(
        id_=id_,
        namespace=namespace,
        metric=metric,
        dimensions=dimensions,
        statistic="Sum",
        threshold=1,
        meaning=meaning,
    )


def of_api(
    name: str,
    *,
    slowest: timedelta,
    accepts: str,
    functions: Mapping[str, str],
    machine_arn: str | None,
    action: str | None,
    looks_up: bool,
) -> list[Watched]:
    """All alarms of an API.

    Args:
        name: the API's name.
        slowest: threshold of the latency.
        accepts: name of the function that accepts rules.
        functions: names of the deciding functions by the ids of their resources.
        machine_arn: ARN of the Express machine; None in the Lambda shape.
        action: name of the function that acts, if any.
        looks_up: whether features are looked up.
    """
    rows = [
        *of_gateway(name, slowest),
        *of_decisions(name, looks_up=looks_up, acts=action is not None),
        of_function("AcceptRules", accepts, "Errors", "failed to read uploaded rules"),
    ]
    for id_, function in functions.items():
        rows.append(of_function(id_, function, "Errors", "failed in its function"))
        rows.append(of_function(id_, function, "Throttles", "was throttled by Lambda"))
    if machine_arn is not None:
        rows.append(of_machine(machine_arn, "ExecutionThrottled", "was throttled by Step Functions"))
        rows.append(of_machine(machine_arn, "ExecutionsFailed", "failed in its state machine"))
        rows.append(of_machine(machine_arn, "ExecutionsTimedOut", "took too long in its state machine"))
    if action is not None:
        rows.append(of_function("Action", action, "Errors", "decided what was not acted on"))
        dropped = "decided what Lambda's queue gave up to act on"
        rows.append(of_function("Action", action, "AsyncEventsDropped", dropped))
    return rows


def make_alarms(scope: Construct, api_name: str, rows: Iterable[Watched]) -> tuple[cloudwatch.CfnAlarm, ...]:
    """The alarms; add actions of your own with `alarm.alarm_actions = [topic_arn]`."""
    return tuple(_alarm(scope, api_name, row) for row in rows)


def _alarm(scope: Construct, api_name: str, row: Watched) -> cloudwatch.CfnAlarm:
    # CloudWatch has separate properties for percentiles and for plain statistics.
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
