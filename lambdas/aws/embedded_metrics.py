"""Metrics as log lines (CloudWatch's embedded metric format), without the latency of a call.

Powertools writes the same lines, but takes longer to import than all our own modules. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from collections.abc import Mapping

NAMESPACE = "MDLC"


def metric_line(api: str, counts: Mapping[str, int], about: Mapping[str, object], milliseconds: int) -> str:
    """One log line, with metrics for CloudWatch and further fields to search by.

    Args:
        about: further fields of the line, which are not metrics.
        milliseconds: the time, since 1970.
    """
    return json.dumps(
        {
            "_aws": {
                "Timestamp": milliseconds,
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["Api"]],
                        "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
                    }
                ],
            },
            "Api": api,
            **counts,
            **about,
        }
    )


def count(api: str, counts: Mapping[str, int], about: Mapping[str, object]) -> None:
    """Write a log line with these counts as metrics."""
    print(metric_line(api, counts, about, time.time_ns() // 1_000_000), flush=True)


def note(api: str, message: str) -> None:
    """Log a warning, without a metric."""
    print(json.dumps({"level": "WARNING", "Api": api, "message": message}), flush=True)
