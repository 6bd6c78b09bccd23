"""What a monitor measures of each window: one table for metrics, dashboard and alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reading = Literal["number", "count", "flag", "largest", "times_threshold"]
"""How a number is read from the summary: as it stands; the length of a list; 1 for true and 0 for false; the
largest of a mapping's numbers without their signs; the largest effect of a mapping's findings, each as a
multiple of its threshold.
"""

Moment = Literal["judged", "labelled", "due"]
"""When a data point is given: when a window is judged first; when it has labels; once they were due."""

NAMESPACE = "MDLC"
MODEL, MONITOR, METRIC = "Model", "Monitor", "Metric"
"""Names of the dimensions. `METRIC` tells the metrics of accuracy apart, which have one name together."""

MEASURED, ESTIMATED, AT_TRAINING = "Measured", "Estimated", "AtTraining"
"""Names of what is known of a metric of accuracy: by labels; without them; on the holdout in training."""


@dataclass(frozen=True, kw_only=True)
class MonitorMetric:
    """One row of the table.

    Attributes:
        name: CloudWatch's name.
        meaning: what it says, for people.
        widget: the dashboard's widget that shows it.
        path: where it stands in the summary.
        statistic: how several windows are taken together.
        counted: where the summary has the number of rows that the value is a statistic of. With fewer than
            the monitor's ``least_rows`` it is not given, as it would say little. Empty for what is a fact of
            any number of rows, or is corrected for chance already.
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
"""What is measured besides the metrics of accuracy."""


def by_name(name: str) -> MonitorMetric:
    """The row of that name."""
    (metric_of_name,) = (metric for metric in METRICS if metric.name == name)
    return metric_of_name


def value_of(metric: MonitorMetric, summary: Mapping[str, object]) -> float | None:
    """The metric's value in a window's summary; None where the summary holds none."""
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
    """Whether the metric's value stands on so many rows, where it is a statistic of rows."""
    return not metric.counted or (_number(_at(metric.counted, summary)) or 0) >= least_rows


def _at(path: tuple[str, ...], summary: Mapping[str, object]) -> object:
    entry: object = summary
    for step in path:
        if not isinstance(entry, Mapping):
            return None
        entry = entry.get(step)
    return entry


def _findings(entry: Mapping[str, object]) -> list[object]:
    """The findings of several columns, or the one finding itself."""
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
