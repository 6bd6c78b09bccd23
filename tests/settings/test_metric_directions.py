"""Everything that compares a metric's values does so the right way round, for every metric of every task."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.errors import PlanError
from jobs.gate import CHALLENGER, CHAMPION, comparison
from jobs.metrics.bootstrap import Bootstrap
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.changes import BETTER, WORSE, changes
from mdlc_constructs.settings.gate import Gate
from mdlc_constructs.settings.monitor_alarms import MonitorAlarms
from mdlc_constructs.settings.payloads.tasks import BY_CLASS, TASKS, arrow, main_metric, metric_names
from mdlc_constructs.settings.triggers import OnAccuracyLoss

LOWER = {
    *("log_loss", "brier", "expected_calibration_error", "rmse", "mae", "wql", "mase", "coverage_error"),
}
"""The metrics of which a lower value is better; written down here, not read from the table."""

CLASSES = ("red", "green", "blue")
NAMES = [(task, name) for task in TASKS for name in metric_names(task, CLASSES)]
COMPARED = [(task, name) for task, name in NAMES if name != "coverage"]
GOOD, BAD = 0.7, 0.3


def better(name: str) -> float:
    """The better one of two values."""
    return BAD if name.partition(BY_CLASS)[0] in LOWER else GOOD


def worse(name: str) -> float:
    return GOOD if better(name) == BAD else BAD


@pytest.mark.parametrize(("task", "name"), COMPARED)
def test_a_loss_is_in_the_direction_of_the_metric(task: str, name: str) -> None:
    for trigger in (OnAccuracyLoss(metric=name, bound=0.5), OnAccuracyLoss(metric=name, loss=0.1)):
        assert trigger.is_due(worse(name), 0.5)
        assert not trigger.is_due(better(name), 0.5)


@pytest.mark.parametrize(("task", "name"), NAMES)
def test_an_alarm_is_on_the_worse_side(task: str, name: str) -> None:
    alarms = MonitorAlarms(accuracy={name: 0.5})
    alarms.check_task(task, CLASSES)
    (spec,) = [s for s in alarms.specs(least_coverage=0.5, moved_share=None) if s.metric == "Measured"]
    above = spec.comparison == "GreaterThanThreshold"
    assert above == (worse(name) == GOOD)
    assert spec.statistic == ("Maximum" if above else "Minimum")
    assert spec.key.isalnum()


@pytest.mark.parametrize(("task", "name"), COMPARED)
@pytest.mark.parametrize("wins", [True, False])
def test_the_better_challenger_beats_the_champion(task: str, name: str, wins: bool) -> None:
    gate = Gate(better_than_champion=name)
    gate.check_task(task, CLASSES)
    values = {CHALLENGER: better(name), CHAMPION: worse(name)}
    if not wins:
        values = {CHALLENGER: worse(name), CHAMPION: better(name)}
    bootstrap = Bootstrap(values={model: {name: np.full(50, value)} for model, value in values.items()})
    metrics = {model: {name: value} for model, value in values.items()}
    (check,) = comparison(gate.to_plan(), metrics, bootstrap)
    assert check.passed is wins
    assert (" better than the champion's" in check.sentence) is wins


@pytest.mark.parametrize(("task", "name"), COMPARED)
def test_a_window_is_worse_or_better_than_the_holdout(task: str, name: str) -> None:
    labels = np.arange(300) % 3
    scored = ScoredRows(
        labels=(labels % 2 if task == "binary" else labels).astype(float),
        scores=np.ones(300),
        task=task,
        answers=np.eye(3)[labels] if task == "multiclass" else None,
        names=CLASSES if task == "multiclass" else (),
    )
    holdout = {name: {"value": 0.5, "low": 0.49, "high": 0.51}}
    for value, verdict in ((better(name), BETTER), (worse(name), WORSE)):
        now = {name: {"value": value, "low": value - 0.01, "high": value + 0.01}}
        assert changes(now, holdout, scored, None, 0.05) == {name: verdict}


def test_coverage_of_intervals_compares_no_models() -> None:
    """All intervals that are too wide cover everything: 1.0 is no better than 0.78, where 0.8 is promised."""
    said = "neither a higher nor a lower coverage is the better one; compare by 'coverage_error'"
    with pytest.raises(ValueError, match=f"better_than_champion='coverage': {said}"):
        Gate(better_than_champion="coverage")
    with pytest.raises(ValueError, match=f"metric='coverage': {said}"):
        OnAccuracyLoss(metric="coverage", loss=0.1)
    Gate(at_least={"coverage": 0.7}, at_most={"coverage": 0.9}).check_task("forecast")
    scored = ScoredRows(labels=np.ones(300), scores=np.ones(300), task="forecast", names=("0.1", "0.9"))
    holdout = {"coverage": {"value": 0.78, "low": 0.77, "high": 0.79}}
    now = {"coverage": {"value": 1.0, "low": 0.99, "high": 1.0}}
    assert changes(now, holdout, scored, None, 0.05) == {}
    assert arrow("coverage") == "" and arrow("coverage_error") == "↓" and arrow("auc") == "↑"
    asked = replace(Gate(better_than_champion="wql").to_plan(), better_than_champion="coverage")
    metrics = {model: {"coverage": 0.8} for model in (CHALLENGER, CHAMPION)}
    with pytest.raises(PlanError, match="no side of it is better"):
        comparison(asked, metrics, Bootstrap(values={}))


@pytest.mark.parametrize("task", TASKS)
def test_the_main_metric_is_one_of_the_tasks_own(task: str) -> None:
    assert main_metric(task) in metric_names(task)


def test_alarms_of_classes_have_keys_that_differ() -> None:
    names = ["a-b", "a_b", "ab", "aB", "größe", "grüße", "a b", "recall"]
    alarms = MonitorAlarms(accuracy={f"recall:{name}": 0.5 for name in names})
    keys = [spec.key for spec in alarms.specs(least_coverage=0.5, moved_share=None)]
    assert len({*keys}) == len(keys) and all(key.isascii() and key.isalnum() for key in keys)
    assert "AccuracyRecallAb" in keys
