"""Metrics as lines of the log (CloudWatch's embedded metric format): no call, so no time.

Powertools writes the same lines, and takes longer to import than all our own modules. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from collections.abc import Mapping

NAMESPACE = "MDLC"


def metric_line(api: str, counts: Mapping[str, int], about: Mapping[str, object], milliseconds: int) -> str:
    """One line that CloudWatch counts and people can search.

    Args:
        about: further fields of the line, which are no metrics.
        milliseconds: the moment, since 1970.
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
    """Count, now."""
    print(metric_line(api, counts, about, time.time_ns() // 1_000_000), flush=True)


def note(api: str, message: str) -> None:
    """Say something in the log that is no metric."""
    print(json.dumps({"level": "WARNING", "Api": api, "message": message}), flush=True)
