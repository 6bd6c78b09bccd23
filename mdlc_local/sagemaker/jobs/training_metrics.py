"""The metrics in a training job's log."""

import re
from collections.abc import Callable
from typing import Any

from mdlc_local import clock
from mdlc_local.sagemaker.containers.metric_lines import MetricLines

Observer = Callable[[str, float], None]
"""Takes a metric's name and its value."""


class Metrics:
    """The last value of each metric in the log's lines.

    Args:
        definitions: the request's MetricDefinitions.
        own: the lines that have the image's own metrics.
        observe: is called with each value.
    """

    def __init__(
        self, definitions: list[dict[str, str]], own: MetricLines | None, observe: Observer | None = None
    ) -> None:
        self._observe = observe
        self._patterns = [(entry["Name"], re.compile(entry["Regex"])) for entry in definitions]
        self._own = own
        self._latest: dict[str, dict[str, Any]] = {}

    def read(self, line: str, *, observed: bool = True) -> None:
        """Update the metrics from one log line; unless `observed`, without a call of the observer.

        Several hosts print the same metrics, of which the observer sees those of one host.
        """
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                self._take(name, match.group(1) if match.groups() else match.group(0), observed=observed)
        if self._own is not None:
            for name, value in self._own.read(line):
                self._take(name, value, observed=observed)

    def _take(self, name: str, text: str, *, observed: bool) -> None:
        try:
            value = float(text)
        except ValueError:
            return
        self._latest[name] = {"MetricName": name, "Value": value, "Timestamp": clock.now()}
        if self._observe is not None and observed:
            self._observe(name, value)

    def final(self) -> list[dict[str, Any]]:
        """DescribeTrainingJob's FinalMetricDataList."""
        return list(self._latest.values())
