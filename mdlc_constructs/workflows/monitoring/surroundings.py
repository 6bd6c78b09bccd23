"""What CloudFormation owns around a monitoring machine: its schedule, its alarms, its dashboard."""

import json
from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.settings.monitor_alarms import MonitorAlarmSpec
from mdlc_constructs.settings.monitor_metrics import MODEL, MONITOR, NAMESPACE
from mdlc_constructs.workflows.monitoring import dashboard
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PERIOD_SECONDS = 300
"""Of an alarm: a window's data points come at once."""


def schedule(every: timedelta, settling: timedelta) -> str:
    """When the machine starts: behind each window's end and what its captures need to settle, in UTC.

    Windows longer than a day are looked at every day, because their labels come by the day.
    """
    minutes = int(-(-settling // MINUTE))
    hour, minute = divmod(minutes, 60)
    if every < DAY and not DAY % every:
        return f"cron({minute} {hour % (every // HOUR)}/{every // HOUR} * * ? *)"
    if every < DAY:
        return f"rate({every // HOUR} hours)"
    return f"cron({minute} {hour} * * ? *)"


def starts(scope: Construct, settings: MonitoringSettings, machine_arn: str) -> tuple[events.CfnRule, ...]:
    """The rules that start the machine: by the clock, and for batch whenever predictions are published."""
    role = Role(
        scope,
        "StartRole",
        service="events.amazonaws.com",
        statements=(Statement(actions=("states:StartExecution",), resources=("${Machine}",)),),
        bindings={"Machine": machine_arn},
    )
    clock = events.CfnRule(
        scope,
        "Schedule",
        description=f"Windows of {settings.model} are monitored when they are over",
        schedule_expression=schedule(settings.every, settings.settling),
        targets=[
            events.CfnRule.TargetProperty(
                id="Monitor",
                arn=machine_arn,
                role_arn=role.arn,
                input=json.dumps({"trigger": "schedule"}),
            )
        ],
    )
    if settings.kind == "endpoint":
        return (clock,)
    published = events.CfnRule(
        scope,
        "Published",
        description=f"Published predictions of {settings.model} are monitored",
        event_pattern={
            "source": ["mdlc"],
            "detail-type": ["Predictions Published"],
            "detail": {"model": [settings.model], "outcome": ["Succeeded"]},
        },
        targets=[
            events.CfnRule.TargetProperty(
                id="Monitor",
                arn=machine_arn,
                role_arn=role.arn,
                input_transformer=events.CfnRule.InputTransformerProperty(
                    input_paths_map={"id": "$.id"},
                    input_template='{"trigger": "predictions", "request_id": <id>}',
                ),
            )
        ],
    )
    return (clock, published)


def alarms(scope: Construct, settings: MonitoringSettings) -> Mapping[str, cloudwatch.CfnAlarm]:
    """The alarms on what is measured, by `MonitorAlarmSpec.key`; give them actions of your own."""
    labels, consistency = settings.labels, settings.consistency
    specs = settings.alarms.specs(
        least_coverage=None if labels is None else labels.least_coverage,
        moved_share=None if consistency is None else consistency.share,
    )
    return {spec.key: _alarm(scope, settings, spec) for spec in specs}


def _alarm(scope: Construct, settings: MonitoringSettings, spec: MonitorAlarmSpec) -> cloudwatch.CfnAlarm:
    dimensions = ((MODEL, settings.model), (MONITOR, settings.kind), *spec.dimensions)
    return cloudwatch.CfnAlarm(
        scope,
        f"{spec.key}Alarm",
        alarm_description=f"A window of what {settings.model} served ({settings.kind}) {spec.says}.",
        namespace=NAMESPACE,
        metric_name=spec.metric,
        dimensions=[{"name": name, "value": value} for name, value in dimensions],
        statistic=spec.statistic,
        period=PERIOD_SECONDS,
        evaluation_periods=1,
        threshold=spec.threshold,
        comparison_operator=spec.comparison,
        # A window is measured once: what was found holds until the next one is.
        treat_missing_data="ignore",
    )


def new_dashboard(
    scope: Construct, settings: MonitoringSettings, shown: list[cloudwatch.CfnAlarm]
) -> cloudwatch.CfnDashboard:
    """The dashboard, named as the state machine is."""
    body = dashboard.body(settings, region=Aws.REGION, alarm_arns=[alarm.attr_arn for alarm in shown])
    return cloudwatch.CfnDashboard(
        scope,
        "Dashboard",
        dashboard_name=f"{settings.model}-{settings.workflow}",
        dashboard_body=json.dumps(body),
    )
