"""The metrics that a monitor publishes for each window: one table for CloudWatch, dashboard and alarms."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Reading = Literal["number", "count", "flag", "largest", "times_threshold"]
"""How the value is computed from the summary's entry: the number itself; the length of a list; 1 for true and
0 for false; the largest absolute value in a mapping; or the largest effect among a mapping's findings, each
divided by its threshold.
"""

Moment = Literal["judged", "labelled", "due"]
"""When a data point is published: when a window is judged first, when it has labels, once labels are due."""

NAMESPACE = "MDLC"
MODEL, MONITOR, METRIC = "Model", "Monitor", "Metric"
"""Names of the CloudWatch dimensions. The metrics of accuracy have equal names and differ in `METRIC`."""

MEASURED, ESTIMATED, AT_TRAINING = "Measured", "Estimated", "AtTraining"
"""CloudWatch names of accuracy values: from labels, estimated without labels, on the training holdout."""


@dataclass(frozen=True, kw_only=True)
class MonitorMetric:
    """One row of the table.

    Attributes:
        name: the metric's name in CloudWatch.
        meaning: a description for people.
        widget: the dashboard's widget that shows it.
        path: the keys that lead to its entry in the window's summary.
        statistic: the CloudWatch statistic over several windows.
        counted: the keys that lead to the number of rows from which the value is computed. The metric is not
            published for fewer rows than the monitor's ``least_rows``, because it would not be reliable.
            Empty for a value that holds for any number of rows, or is already corrected for chance.
    """

    name: str
    meaning: str
    widget: str
    path: tuple[str, ...]
    reading: Reading = "number"
    unit: str = "None"
    statistic: str = "Maximum"
    moment: Moment = "judged"
    counted: tuple[str, ...] = ()


MAX_DIMENSION_VALUE = 1024


def dimension_value(metric: str) -> str:
    """The value of the dimension `METRIC` for a metric, which may name a class of any text.

    CloudWatch takes printable ASCII characters, up to 1024. Others, and the percent sign, are written as
    percent signs and hexadecimal digits, as in a URL; a longer value ends in a digest.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
    """
    value = quote(metric, safe=_PRINTABLE)
    if len(value) <= MAX_DIMENSION_VALUE:
        return value
    digest = hashlib.sha256(metric.encode()).hexdigest()
    return f"{value[: MAX_DIMENSION_VALUE - len(digest) - 1]}-{digest}"


_PRINTABLE = "".join(chr(code) for code in range(32, 127) if chr(code) != "%")

ROWS, LABELLED, COMPARED = ("rows",), ("accuracy", "labelled"), ("skew", "rows_compared")

METRICS: tuple[MonitorMetric, ...] = (
    MonitorMetric(
        name="Rows",
        meaning="rows served and read",
        widget="Traffic",
        path=("rows",),
        unit="Count",
        statistic="Sum",
    ),
    MonitorMetric(
        name="Unreadable",
        meaning="captured lines that could not be read",
        widget="Traffic",
        path=("unreadable",),
        unit="Count",
        statistic="Sum",
    ),
    MonitorMetric(
        name="Drifted",
        meaning="1 when the window drifted, by columns, predictions or all columns together",
        widget="Drift",
        path=("drifted",),
        reading="flag",
    ),
    MonitorMetric(
        name="DriftedColumns",
        meaning="columns that drifted",
        widget="Drift",
        path=("columns",),
        reading="count",
        unit="Count",
    ),
    MonitorMetric(
        name="LargestEffect",
        meaning="the columns' largest effect, as a multiple of its threshold",
        widget="Effects",
        path=("drift", "columns"),
        reading="times_threshold",
        counted=ROWS,
    ),
    MonitorMetric(
        name="PredictionEffect",
        meaning="the predictions' effect, as a multiple of its threshold",
        widget="Effects",
        path=("drift", "prediction"),
        reading="times_threshold",
        counted=ROWS,
    ),
    MonitorMetric(
        name="JointAuc",
        meaning="how well a classifier tells the window from the baseline; 0.5 is guessing",
        widget="All columns together",
        path=("joint", "auc"),
        counted=ROWS,
    ),
    MonitorMetric(
        name="WorseThanHoldout",
        meaning="1 when the main metric of accuracy is worse than on the holdout, beyond chance",
        widget="Accuracy",
        path=("accuracy", "worse"),
        reading="flag",
        moment="labelled",
        counted=LABELLED,
    ),
    MonitorMetric(
        name="LabelCoverage",
        meaning="share of the rows with a label, once labels were due",
        widget="Labels",
        path=("accuracy", "coverage"),
        statistic="Minimum",
        moment="due",
        counted=ROWS,
    ),
    MonitorMetric(
        name="ContradictoryLabels",
        meaning="rows left out because their labels contradict each other",
        widget="Labels",
        path=("accuracy", "contradictory"),
        unit="Count",
        moment="labelled",
    ),
    MonitorMetric(
        name="LabelDelay",
        meaning="seconds from the prediction to its label, half of them",
        widget="Delay of labels",
        path=("accuracy", "delay_seconds", "p50"),
        unit="Seconds",
        moment="labelled",
    ),
    MonitorMetric(
        name="EstimateError",
        meaning="largest error of the estimate that was made without labels",
        widget="Error of the estimate",
        path=("estimate", "error"),
        reading="largest",
        moment="labelled",
        counted=LABELLED,
    ),
    MonitorMetric(
        name="SkewedFeatures",
        meaning="features that were served otherwise than they are computed offline",
        widget="Skew",
        path=("skew", "skewed"),
        reading="count",
        unit="Count",
        counted=COMPARED,
    ),
    MonitorMetric(
        name="QualityPassed",
        meaning="1 when the requests passed the rules of quality",
        widget="Quality",
        path=("quality", "passed"),
        reading="flag",
        statistic="Minimum",
    ),
    MonitorMetric(
        name="AnswersMoved",
        meaning="share of replayed requests whose answer moved beyond the tolerance",
        widget="Consistency",
        path=("consistency", "moved"),
    ),
    MonitorMetric(
        name="LargestMove",
        meaning="how far the answer that moved most did",
        widget="Consistency",
        path=("consistency", "largest_move"),
    ),
)
"""All metrics except those of accuracy."""


def by_name(name: str) -> MonitorMetric:
    """The metric of that name."""
    (metric_of_name,) = (metric for metric in METRICS if metric.name == name)
    return metric_of_name


def value_of(metric: MonitorMetric, summary: Mapping[str, object]) -> float | None:
    """The metric's value in a window's summary; None when the summary does not hold it."""
    entry = _at(metric.path, summary)
    if metric.reading == "flag":
        return None if entry is None else float(bool(entry))
    if metric.reading == "count":
        return float(len(entry)) if isinstance(entry, list | tuple | Mapping) else None
    if metric.reading == "number":
        return _number(entry)
    if not isinstance(entry, Mapping):
        return None
    if metric.reading == "largest":
        values = [abs(value) for part in entry.values() if (value := _number(part)) is not None]
    else:
        values = [value for part in _findings(entry) if (value := _of_threshold(part)) is not None]
    return max(values, default=None)


def is_enough(metric: MonitorMetric, summary: Mapping[str, object], least_rows: int) -> bool:
    """Whether the value is computed from at least that many rows; True for a metric without ``counted``."""
    return not metric.counted or (_number(_at(metric.counted, summary)) or 0) >= least_rows


def _at(path: tuple[str, ...], summary: Mapping[str, object]) -> object:
    entry: object = summary
    for step in path:
        if not isinstance(entry, Mapping):
            return None
        entry = entry.get(step)
    return entry


def _findings(entry: Mapping[str, object]) -> list[object]:
    """The findings in a mapping from column to finding; a single finding becomes a list of one."""
    return [entry] if "effect" in entry else list(entry.values())


def _of_threshold(finding: object) -> float | None:
    if not isinstance(finding, Mapping):
        return None
    effect, threshold = _number(finding.get("effect")), _number(finding.get("threshold"))
    return None if effect is None or not threshold else effect / threshold


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(value)
