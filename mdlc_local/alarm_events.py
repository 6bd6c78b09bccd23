"""Publishes CloudWatch's events of alarms' state changes."""

import time
from typing import Any

from mdlc_local import service_events

Alarm = dict[str, Any]


def put_event(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
    """Publish the event of an alarm's state change."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime())
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {"value": new_state, "reason": reason, "timestamp": moment},
        "previousState": {"value": old_state},
        "configuration": _configuration(alarm),
    }
    arn = alarm.get("AlarmArn", "")
    service_events.put_event("CloudWatch Alarm State Change", detail, arn, source="aws.cloudwatch")


def _configuration(alarm: Alarm) -> dict[str, Any]:
    """The event's `configuration`: the alarm's metrics, or its rule."""
    configuration: dict[str, Any] = {"description": alarm.get("AlarmDescription") or ""}
    if "AlarmRule" in alarm:
        return {**configuration, "alarmRule": alarm["AlarmRule"]}
    if alarm.get("Metrics"):
        return {**configuration, "metrics": alarm["Metrics"]}
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []}
    metric = {"namespace": alarm.get("Namespace"), "name": alarm.get("MetricName"), "dimensions": dimensions}
    stat = {
        "metric": metric,
        "period": alarm.get("Period"),
        "stat": alarm.get("ExtendedStatistic") or alarm.get("Statistic"),
    }
    return {**configuration, "metrics": [{"id": "m1", "metricStat": stat, "returnData": True}]}
