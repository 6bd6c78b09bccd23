"""Accuracy that changed beyond chance, and how seldom it is said of a model that did not change."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

from jobs.commands.monitor import run
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.forecast import horizon_blocks
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.accuracy import groups_of
from jobs.monitoring.changes import changes, few_blocks, worse
from jobs.monitoring.intervals import student
from tests.jobs.monitoring.windows import Window, event, rows

pytestmark = pytest.mark.slow

Metrics = Mapping[str, Mapping[str, float]]


def scored(rows: int, seed: int, share: float = 0.3, strength: float = 1.0) -> ScoredRows:
    random = np.random.default_rng([seed, rows])
    labels = (random.random(rows) < share).astype(float)
    scores = 1 / (1 + np.exp(-random.normal(strength * labels, 1)))
    return ScoredRows(labels=labels, scores=scores, task="binary", threshold=0.5)


def described(given: ScoredRows, groups: Any = None) -> Metrics:
    bootstrap = bootstrap_metrics({"model": given}, resamples=100, seed=1, groups=groups)
    found = {}
    for name, value in compute_metrics(given).items():
        low, high = bootstrap.interval("model", name)
        found[name] = {"value": value, "low": low, "high": high}
    return found


HOLDOUT = described(scored(5_000, 0))


def how(given: ScoredRows, groups: Any = None) -> dict[str, str]:
    return changes(described(given, groups), HOLDOUT, given, groups, alpha=0.01)


def test_quiet_windows_are_not_worse_and_a_model_that_lost_its_strength_is() -> None:
    for size, draws in ((200, 40), (2_000, 20)):
        found = [how(scored(size, seed)).get("auc") for seed in range(1, draws + 1)]
        lost = [how(scored(size, seed, strength=0.3)).get("auc") for seed in range(1, 11)]
        print(
            f"{size} labels: {found.count('worse')} of {draws} quiet windows and "
            f"{lost.count('worse')} of 10 of a weaker model are worse"
        )
        assert found.count("worse") <= stats.binom.ppf(0.999, draws, 0.005)
        assert lost.count("worse") >= (10 if size > 500 else 8)


def test_few_rows_of_one_class_prove_nothing() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        labels = np.r_[np.ones(3), np.zeros(300)]
        given = ScoredRows(labels=labels, scores=random.random(303), task="binary", threshold=0.5)
        assert how(given) == {}


def test_rows_of_one_key_are_one_observation() -> None:
    for seed in range(1, 11):
        given = scored(150, seed)
        copies = [np.tile(side, 20) for side in (given.labels, given.scores)]
        many = ScoredRows(labels=copies[0], scores=copies[1], task="binary", threshold=0.5)
        groups = groups_of(list(range(150)) * 20)
        assert how(many, groups)["auc"] == "same"
    once, copied = described(given)["auc"], described(many, groups)["auc"]
    assert copied["high"] - copied["low"] == pytest.approx(once["high"] - once["low"], rel=0.3)
    assert groups_of(["a", "b"]) is None


def test_the_main_metric_is_worse_only_of_enough_labels() -> None:
    assert worse({"auc": "worse"}, "binary", 100, 100) is True
    assert worse({"auc": "same", "brier": "worse"}, "binary", 100, 100) is False
    assert worse({"auc": "worse"}, "binary", 99, 100) is None
    assert worse({"mae": "worse"}, "regression", 100, 100) is None


def test_students_quantile_is_scipys() -> None:
    for degrees in (9, 20, 100, 10_000):
        assert student(0.995, degrees) == pytest.approx(float(stats.t.ppf(0.995, degrees)), rel=0.01)


def test_the_summary_says_that_accuracy_was_lost(served: Window) -> None:
    metrics = {"auc": {"value": 0.9, "low": 0.89, "high": 0.91}}
    served.baseline(rows(1000, seed=9), performance={"metrics": metrics})
    run(served.plan(), served.folders())
    accuracy = served.output("summary.json")["accuracy"]
    assert (accuracy["changes"], accuracy["worse"]) == ({"auc": "worse"}, True)
    run(served.plan(least_rows=1_000), served.folders())
    assert served.output("summary.json")["accuracy"]["worse"] is None


def test_labels_of_rows_that_were_asked_again_count_once(window: Window) -> None:
    made = rows(100)
    window.capture(event(row, number=number) for row in made for number in range(5))
    window.label(made)
    window.baseline(rows(1000, seed=9))
    run(window.plan(bootstrap=200), window.folders())
    accuracy = window.output("summary.json")["accuracy"]
    assert accuracy["labelled"] == 500
    auc = accuracy["metrics"]["auc"]
    assert auc["high"] - auc["low"] > 0.15  # of a hundred rows; as if of five hundred, it were 0.09


def forecast(origins: int, error: float, series: int = 1) -> ScoredRows:
    """Forecasts of 14 steps from each origin, whose medians are off by about an error."""
    random = np.random.default_rng([origins, series, int(10 * error)])
    rows = series * origins * 14
    groups = np.repeat(np.arange(series), origins * 14)
    steps = np.tile(np.arange(1, 15), series * origins)
    labels = 10 + random.normal(0, error, rows)
    return ScoredRows(
        labels=labels,
        scores=np.full(rows, 10.0),
        task="forecast",
        answers=np.tile([8.0, 10.0, 12.0], (rows, 1)),
        names=("0.1", "0.5", "0.9"),
        groups=groups,
        blocks=horizon_blocks(groups, np.tile(np.repeat(np.arange(origins), 14), series), steps),
        scale=np.ones(rows),
    )


def test_one_series_is_compared_by_its_blocks_of_steps() -> None:
    holdout = described(forecast(5, 1.0))
    for error, verdict in ((1.0, "same"), (3.0, "worse")):
        now = forecast(4, error)
        assert changes(described(now), holdout, now, now.groups, alpha=0.01)["wql"] == verdict
        assert few_blocks(now) == []


def test_few_blocks_of_one_series_are_not_compared_and_told() -> None:
    now = forecast(2, 3.0)
    assert changes(described(now), described(forecast(5, 1.0)), now, now.groups, alpha=0.01) == {}
    assert few_blocks(now) == [
        "The labels are of one series, in 8 blocks of steps: they are not compared with the holdout, for "
        "which one series needs 10 blocks."
    ]
    assert few_blocks(forecast(2, 3.0, series=3)) == []
