"""The CloudWatch alarms on a monitor's metrics, and the dashboard that shows them."""

import json
from collections.abc import Mapping

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mdlc_constructs.settings.monitor_alarms import MonitorAlarmSpec
from mdlc_constructs.settings.monitor_metrics import MODEL, MONITOR, NAMESPACE
from mdlc_constructs.workflows.monitoring import dashboard
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings

PERIOD_SECONDS = 300
"""An alarm's period; all data points of a window are put at the same time."""


def monitor_alarms(scope: Construct, settings: MonitoringSettings) -> Mapping[str, cloudwatch.CfnAlarm]:
    """The alarms on monitored metrics, by `MonitorAlarmSpec.key`; add actions of your own to them."""
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
        # Each window is measured once, so the alarm keeps its state until the next window.
        treat_missing_data="ignore",
    )


def new_dashboard(
    scope: Construct, settings: MonitoringSettings, shown: list[cloudwatch.CfnAlarm]
) -> cloudwatch.CfnDashboard:
    """The dashboard; it has the state machine's name."""
    body = dashboard.body(settings, region=Aws.REGION, alarm_arns=[alarm.attr_arn for alarm in shown])
    return cloudwatch.CfnDashboard(
        scope,
        "Dashboard",
        dashboard_name=f"{settings.model}-{settings.workflow}",
        dashboard_body=json.dumps(body),
    )
