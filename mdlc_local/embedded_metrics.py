"""Extracts metrics from log lines in CloudWatch's Embedded Metric Format, as on AWS.

Follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html,
for lines of functions and of PutLogEvents. A line with an invalid format is only logged.
"""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from mdlc_local import counts, patches
from mdlc_local.counts import Measured

LOGS = "ministack.services.cloudwatch_logs"

_MARK = '"_aws"'


def install(app: ModuleType) -> None:
    """Patch CloudWatch Logs to extract the metrics of log events."""
    del app
    patches.wrap(LOGS, "_append_log_events", "stream events", _counting)


def metrics(line: str) -> Iterator[tuple[str, Measured]]:
    """The metrics in a log line, each with its namespace; none for a line in another format."""
    if _MARK not in line:
        return
    try:
        root = json.loads(line)
        directives = root["_aws"]["CloudWatchMetrics"]
        measured = [value for directive in directives for value in _measured(root, directive)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    yield from measured


def _measured(root: Mapping[str, Any], directive: Mapping[str, Any]) -> Iterator[tuple[str, Measured]]:
    for names in directive["Dimensions"]:
        dimensions = tuple((name, str(root[name])) for name in names)
        for definition in directive["Metrics"]:
            values = root[definition["Name"]]
            for value in values if isinstance(values, list) else [values]:
                measured = Measured(
                    definition["Name"], float(value), definition.get("Unit", "None"), dimensions
                )
                yield directive["Namespace"], measured


def _counting(append: Callable[[Any, list[dict[str, Any]]], None]) -> Callable[..., None]:
    def appending(stream: Any, events: list[dict[str, Any]]) -> None:
        append(stream, events)
        measurements = [measurement for event in events for measurement in metrics(str(event["message"]))]
        if measurements:
            region = importlib.import_module("ministack.core.responses").get_region()
            for namespace, measured in measurements:
                counts.measure(namespace, region, measured)

    return appending
