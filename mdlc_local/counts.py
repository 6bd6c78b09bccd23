"""Metrics of requests and executions, collected and put to CloudWatch in batches."""

import functools
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from mdlc_local import clients
from mdlc_local.bulk_sender import BulkSender

DELAY_SECONDS = 0.5
"""Seconds between batches; alarms have periods of a second or more."""

_MAX_VALUES = 150  # of one MetricDatum
_MAX_DATA = 1000  # of one PutMetricData


@dataclass(frozen=True)
class Measured:
    """One value of one metric.

    Attributes:
        metric: the metric's name.
        value: the value, rounded so that thousands of values make few data points.
        unit: CloudWatch's name of the unit.
        dimensions: names and values of the dimensions.
    """

    metric: str
    value: float
    unit: str
    dimensions: tuple[tuple[str, str], ...]


def measure(namespace: str, region: str, *measured: Measured) -> None:
    """Queue values, which are put to CloudWatch within `DELAY_SECONDS`."""
    sender = _sender(namespace, region, clients.account())
    for value in measured:
        sender.add(value)


def milliseconds(seconds: float) -> float:
    """A duration in milliseconds, to two significant digits."""
    return float(f"{1000 * seconds:.2g}")


def data(measured: list[Measured]) -> list[dict[str, Any]]:
    """The values as PutMetricData's MetricData, with equal values combined into counts."""
    kinds: defaultdict[tuple[Any, ...], Counter[float]] = defaultdict(Counter)
    for measurement in measured:
        kinds[measurement.metric, measurement.unit, measurement.dimensions][measurement.value] += 1
    metric_data = []
    for (metric, unit, dimensions), counter in kinds.items():
        values = list(counter.items())
        for start in range(0, len(values), _MAX_VALUES):
            some = values[start : start + _MAX_VALUES]
            metric_data.append(
                {
                    "MetricName": metric,
                    "Unit": unit,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                    "Values": [value for value, _ in some],
                    "Counts": [float(count) for _, count in some],
                }
            )
    return metric_data


@functools.cache
def _sender(namespace: str, region: str, account: str) -> BulkSender[Measured]:
    # A sender is of one account: a batch is put in the account of its first item.
    del account

    def send(measured: list[Measured]) -> None:
        cloudwatch = clients.client("cloudwatch", role_arn=None, region=region, session="")
        metric_data = data(measured)
        for start in range(0, len(metric_data), _MAX_DATA):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=metric_data[start : start + _MAX_DATA])

    return BulkSender(f"metrics of {namespace}", send, DELAY_SECONDS)
