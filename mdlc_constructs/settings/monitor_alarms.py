"""The CloudWatch alarms of a monitor, on the metrics of its windows."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.metric import check_metric_task, metric
from mdlc_constructs.settings.monitor_metrics import MEASURED, METRIC, dimension_value
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.payloads.tasks import BY_CLASS
from mdlc_constructs.settings.refusal import refusal

Comparison = Literal["GreaterThanThreshold", "LessThanThreshold", "GreaterThanOrEqualToThreshold"]


@dataclass(frozen=True, kw_only=True)
class MonitorAlarmSpec:
    """One CloudWatch alarm in plain values.

    Attributes:
        key: letters and digits, part of the alarm's id.
        metric: the name of one of the monitor's metrics.
        statistic: the statistic over all windows that are published within five minutes.
        says: what ALARM means, as the end of a sentence about the window.
        dimensions: dimensions besides those of the model and the monitor.
    """

    key: str
    metric: str
    statistic: str
    comparison: Comparison
    threshold: float
    says: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class MonitorAlarms:
    """The alarms on the windows of a monitor; None or False for no alarm.

    Args:
        drift: go to ALARM when a window drifted.
        accuracy: the worst good value of metrics of accuracy that are computed from labels, such as
            ``{"auc": 0.65}``, or of one class, ``{"recall:fraud": 0.8}``.
        worse: go to ALARM when the task's main metric of accuracy (AUC, RMSE ...) is worse than on the
            model's own holdout, beyond chance.
        rows: go to ALARM when a window has fewer rows.
        coverage: go to ALARM when a smaller share of rows than ``Labels.least_coverage`` has a label in time.
        skew: go to ALARM when served features differ from the features computed offline.
        quality: go to ALARM when requests violated the data quality rules.
        consistency: go to ALARM when a larger share of answers changed than ``Consistency.share``.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    drift: bool = True
    worse: bool = True
    accuracy: Mapping[str, float] = field(default_factory=dict)
    rows: int | None = 1
    coverage: bool = True
    skew: bool = True
    quality: bool = True
    consistency: bool = True

    def __post_init__(self) -> None:
        for name, bound in self.accuracy.items():
            metric("accuracy", name)
            if isinstance(bound, bool) or not isinstance(bound, int | float) or not abs(bound) <= 1e12:
                raise refusal(f"accuracy[{name!r}]", bound, "give the worst value that is still good.")
        object.__setattr__(self, "accuracy", dict(self.accuracy))
        if self.rows is not None:
            check_whole("rows", self.rows, 1, 10**12, unit="rows")

    def check_task(self, task: str, classes: tuple[str, ...] = ()) -> None:
        """Refuse a bound on a metric that is not computed for the task and its classes.

        Raises:
            ValueError: naming the metric.
        """
        for name in self.accuracy:
            check_metric_task("accuracy", name, task, classes)

    def specs(
        self, *, least_coverage: float | None, moved_share: float | None
    ) -> tuple[MonitorAlarmSpec, ...]:
        """The alarms, in a fixed order.

        Args:
            least_coverage: share of the rows that must have a label; None without labels.
            moved_share: share of the answers that may have changed; None when no request is replayed.
        """
        above: Comparison = "GreaterThanThreshold"
        specs = [
            _spec(self.drift, "Drift", "Drifted", "Maximum", "GreaterThanOrEqualToThreshold", 1, "drifted"),
            _spec(
                self.worse and least_coverage is not None,
                "Worse",
                "WorseThanHoldout",
                "Maximum",
                "GreaterThanOrEqualToThreshold",
                1,
                "was answered worse than the model's own holdout, beyond chance",
            ),
            _spec(
                self.rows is not None,
                "Traffic",
                "Rows",
                "Minimum",
                "LessThanThreshold",
                self.rows or 0,
                "has fewer rows than it should have",
            ),
            _spec(
                self.coverage and least_coverage is not None,
                "Coverage",
                "LabelCoverage",
                "Minimum",
                "LessThanThreshold",
                least_coverage or 0,
                "has too few labels, though they were due",
            ),
            _spec(self.skew, "Skew", "SkewedFeatures", "Maximum", above, 0, "was served skewed features"),
            _spec(
                self.quality,
                "Quality",
                "QualityPassed",
                "Minimum",
                "LessThanThreshold",
                1,
                "broke the rules of quality",
            ),
            _spec(
                self.consistency and moved_share is not None,
                "Consistency",
                "AnswersMoved",
                "Maximum",
                above,
                moved_share or 0,
                "has requests that are answered otherwise now",
            ),
            *(self._accuracy(name, bound) for name, bound in self.accuracy.items()),
        ]
        return tuple(spec for spec in specs if spec is not None)

    def _accuracy(self, name: str, bound: float) -> MonitorAlarmSpec:
        higher = metric("accuracy", name).higher_is_better
        return MonitorAlarmSpec(
            key=_accuracy_key(name),
            metric=MEASURED,
            statistic="Minimum" if higher else "Maximum",
            comparison="LessThanThreshold" if higher else "GreaterThanThreshold",
            threshold=bound,
            says=f"has a {name} {'below' if higher else 'above'} {bound:g}",
            dimensions=((METRIC, dimension_value(name)),),
        )


def _accuracy_key(name: str) -> str:
    """Letters and digits that stand for a metric, such as `AccuracyRecallSetosa`.

    A class with other characters than small letters and digits is followed by a digest: the names `a-b` and
    `a_b` would become equal.
    """
    _, _, of_class = name.partition(BY_CLASS)
    words = [word.title() for word in re.findall("[a-zA-Z0-9]+", name)]
    plain = not of_class or re.fullmatch("[a-z0-9]+", of_class)
    digest = "" if plain else hashlib.sha256(of_class.encode()).hexdigest()[:8].title()
    return f"Accuracy{''.join(words)}{digest}"


def _spec(
    wanted: bool, key: str, name: str, statistic: str, comparison: Comparison, threshold: float, says: str
) -> MonitorAlarmSpec | None:
    if not wanted:
        return None
    return MonitorAlarmSpec(
        key=key, metric=name, statistic=statistic, comparison=comparison, threshold=threshold, says=says
    )
