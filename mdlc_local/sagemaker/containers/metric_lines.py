"""The log lines in which AWS's images print their metrics, which SageMaker reads without MetricDefinitions.

Source: the MetricDefinitions that DescribeHyperParameterTuningJob shows for images of built-in algorithms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MetricLines:
    """One form of such lines.

    Attributes:
        line: matches the beginning of a line.
        value: finds in it the channel, the metric and the value.
        names: expressions for ``channel:metric``, and the metric's name in the API.
    """

    line: re.Pattern[str]
    value: re.Pattern[str]
    names: tuple[tuple[re.Pattern[str], str], ...] = ()

    def read(self, line: str) -> Iterator[tuple[str, str]]:
        """The metrics' names and values in a line."""
        if not self.line.match(line):
            return
        for channel, metric, value in self.value.findall(line):
            name = f"{channel}:{metric}"
            for pattern, replacement in self.names:
                name = pattern.sub(replacement, name)
            yield name, value


# A line a round; SageMaker's logs show the tab character as #011.
XGBOOST = MetricLines(
    line=re.compile(r"\[\d+\].*"), value=re.compile(r"#011(train|validation)-([^\s:]+):([-+.\w]+)")
)
BLAZINGTEXT = MetricLines(
    line=re.compile(r"#(train|validation)_accuracy: "),
    value=re.compile(r"#(train|validation)_(accuracy): ([-+.\w]+)"),
)
QUALITY = MetricLines(
    line=re.compile(r"#quality_metric: host=\S+, "),
    value=re.compile(r"((?:epoch=\S+, )?(?:train|validation|test)) (\S+) <(?:loss|score)>=([-+.\w]+)"),
    names=(
        (re.compile(r"_f_[\d.]+$"), "_f_beta"),
        (re.compile(r"top_k_accuracy_\d+$"), "top_k_accuracy"),
        (re.compile(r"^epoch=\S+, (\w+):\S+_objective$"), r"\1:objective_loss"),
        (re.compile(r"^(train|validation):\S+_objective$"), r"\1:objective_loss:final"),
        (re.compile(r"^test:\S+_objective$"), "test:objective_loss"),
        (re.compile(r"^epoch=\S+, "), ""),
    ),
)
