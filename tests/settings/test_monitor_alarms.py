from typing import Any

import pytest

from mdlc_constructs.settings.monitor_alarms import MonitorAlarms
from mdlc_constructs.settings.monitor_metrics import MEASURED, METRICS


def keys(alarms: MonitorAlarms, **given: Any) -> list[str]:
    return [spec.key for spec in alarms.specs(**{"least_coverage": 0.5, "moved_share": 0.01, **given})]


def test_what_can_be_measured_rings() -> None:
    assert keys(MonitorAlarms()) == [
        *("Drift", "Worse", "Traffic", "Coverage", "Skew", "Quality", "Consistency"),
    ]
    assert keys(MonitorAlarms(), least_coverage=None, moved_share=None) == [
        "Drift",
        "Traffic",
        "Skew",
        "Quality",
    ]
    silent = MonitorAlarms(
        drift=False, worse=False, rows=None, coverage=False, skew=False, quality=False, consistency=False
    )
    assert keys(silent) == []


def test_every_alarm_watches_a_metric_of_the_table() -> None:
    specs = MonitorAlarms(accuracy={"auc": 0.7}).specs(least_coverage=0.5, moved_share=0.0)
    assert {spec.metric for spec in specs} <= {metric.name for metric in METRICS} | {MEASURED}


def test_a_bound_of_accuracy_is_on_the_worse_side() -> None:
    *_, auc, loss = MonitorAlarms(accuracy={"auc": 0.7, "log_loss": 0.5}).specs(
        least_coverage=None, moved_share=None
    )
    assert (auc.key, auc.comparison, auc.statistic) == ("AccuracyAuc", "LessThanThreshold", "Minimum")
    assert (loss.key, loss.comparison, loss.statistic) == (
        "AccuracyLogLoss",
        "GreaterThanThreshold",
        "Maximum",
    )
    assert auc.dimensions == (("Metric", "auc"),)


def test_bounds_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'auc'"):
        MonitorAlarms(accuracy={"auk": 0.7})
    with pytest.raises(ValueError, match="worst value that is still good"):
        MonitorAlarms(accuracy={"auc": True})
    with pytest.raises(ValueError, match="rows=0"):
        MonitorAlarms(rows=0)
    with pytest.raises(ValueError, match="is a metric of binary and anomaly tasks and"):
        MonitorAlarms(accuracy={"auc": 0.7}).check_task("regression")
