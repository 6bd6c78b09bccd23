"""The body of a monitor's dashboard, created from the table of its metrics. Pure."""

from collections.abc import Mapping
from typing import Any

from mdlc_constructs.settings.monitor_metrics import (
    AT_TRAINING,
    ESTIMATED,
    MEASURED,
    METRIC,
    METRICS,
    MODEL,
    MONITOR,
    NAMESPACE,
    dimension_value,
)
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings

WIDTH, HEIGHT, ACROSS = 8, 6, 24
"""Width and height of a widget, and width of the grid, in grid units."""

PERIOD_SECONDS = 3600


def body(settings: MonitoringSettings, *, region: str, alarm_arns: list[str]) -> dict[str, Any]:
    """The dashboard's body.

    Args:
        settings: the monitor's settings.
        region: region of the metrics.
        alarm_arns: ARNs of the alarms whose states are shown.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    own = [MODEL, settings.model, MONITOR, settings.kind]
    widgets: list[dict[str, Any]] = []
    if alarm_arns:
        widgets.append(
            {"type": "alarm", "width": ACROSS, "properties": {"title": "Alarms", "alarms": alarm_arns}}
        )
    for title, lines in {**_plain(own, settings), **_accuracy(own, settings)}.items():
        properties = {
            "title": title,
            "view": "timeSeries",
            "region": region,
            "period": PERIOD_SECONDS,
            "metrics": lines,
        }
        widgets.append({"type": "metric", "width": WIDTH, "properties": properties})
    return {"widgets": _placed(widgets)}


def _plain(own: list[str], settings: MonitoringSettings) -> Mapping[str, list[Any]]:
    """The metrics of each widget, as far as the monitor can measure them with its settings."""
    left_out = set()
    if settings.labels is None:
        left_out |= {metric.name for metric in METRICS if metric.moment != "judged"}
    if settings.consistency is None:
        left_out |= {metric.name for metric in METRICS if metric.path[0] == "consistency"}
    if not settings.joint:
        left_out |= {metric.name for metric in METRICS if metric.path[0] == "joint"}
    widgets: dict[str, list[Any]] = {}
    for metric in METRICS:
        if metric.name not in left_out:
            widgets.setdefault(metric.widget, []).append(
                [NAMESPACE, metric.name, *own, {"stat": metric.statistic, "label": metric.meaning}]
            )
    return widgets


def _accuracy(own: list[str], settings: MonitoringSettings) -> Mapping[str, list[Any]]:
    """One widget for each accuracy metric: measured with labels, estimated without them, and at training."""
    known = {ESTIMATED: "estimated without labels", AT_TRAINING: "on the holdout in training"}
    if settings.labels is not None:
        known = {MEASURED: "measured by labels", **known}
    return {
        name: [
            [NAMESPACE, kind, *own, METRIC, dimension_value(name), {"stat": "Average", "label": label}]
            for kind, label in known.items()
        ]
        for name in settings.published
    }


def _placed(widgets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The widgets with their positions in the grid, row by row."""
    x = y = 0
    placed = []
    for widget in widgets:
        if x + widget["width"] > ACROSS:
            x, y = 0, y + HEIGHT
        placed.append({**widget, "x": x, "y": y, "height": HEIGHT})
        x += widget["width"]
    return placed
