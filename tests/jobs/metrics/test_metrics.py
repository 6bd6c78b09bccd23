from dataclasses import replace

import numpy as np
import pytest

from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.curves import curves
from jobs.metrics.rows import ScoredRows
from mdlc_constructs.settings.payloads.tasks import TASKS, metric_names
from tests.jobs.metrics.answers import rows_of

pytestmark = pytest.mark.slow


def example(rows: int = 4000, shift: float = 1.0) -> ScoredRows:
    generator = np.random.default_rng(3)
    labels = (generator.random(rows) < 0.3).astype(np.float64)
    return ScoredRows(
        labels=labels, scores=1 / (1 + np.exp(-(generator.normal(0, 1, rows) + shift * labels)))
    )


def test_intervals_hold_the_value_and_agree_with_theory() -> None:
    scored = example()
    drawn = bootstrap_metrics({"challenger": scored}, resamples=300, seed=1)
    share = scored.labels.mean()
    low, high = drawn.interval("challenger", "accuracy")
    accuracy = compute_metrics(scored)["accuracy"]
    assert low < accuracy < high
    expected = np.sqrt(accuracy * (1 - accuracy) / len(scored.labels))
    assert drawn.standard_deviation("challenger", "accuracy") == pytest.approx(expected, rel=0.15)
    assert 0.2 < share < 0.4


def test_a_bootstrap_repeats_to_the_digit_with_its_seed() -> None:
    models = {"challenger": example(500)}
    first, again, other = (bootstrap_metrics(models, resamples=50, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.values["challenger"]["auc"], again.values["challenger"]["auc"])
    assert not np.array_equal(first.values["challenger"]["auc"], other.values["challenger"]["auc"])


def test_models_see_the_same_resamples() -> None:
    scored = example(500)
    drawn = bootstrap_metrics({"challenger": scored, "champion": scored}, resamples=50, seed=1)
    assert np.array_equal(drawn.values["challenger"]["auc"], drawn.values["champion"]["auc"])


def test_progress_is_told() -> None:
    told: list[int] = []
    bootstrap_metrics({"challenger": example(50)}, resamples=5, seed=1, progress=told.append)
    assert told == [1, 2, 3, 4, 5]


def test_curves_end_where_curves_end() -> None:
    scored = example()
    drawn = curves(scored)
    assert (drawn.roc[0][0], drawn.roc[1][0], drawn.roc[0][-1], drawn.roc[1][-1]) == (0, 0, 1, 1)
    area = np.trapezoid(drawn.roc[1], drawn.roc[0])
    assert area == pytest.approx(compute_metrics(scored)["auc"], abs=0.005)
    assert sum(drawn.confusion.values()) == len(scored.labels)
    assert len(drawn.to_registry()["precision_recall_curve"]["recalls"]) <= 200


def test_the_settings_know_the_metrics_that_are_computed() -> None:
    for task in TASKS:
        scored = rows_of(task)
        names = scored.names if task == "multiclass" else ()
        assert tuple(compute_metrics(scored)) == metric_names(task, names)


@pytest.mark.parametrize("task", TASKS)
def test_counts_are_the_same_as_repeating_rows_in_every_task(task: str) -> None:
    scored = rows_of(task, 80)
    units = np.arange(80) if scored.groups is None else scored.groups
    counts = np.random.default_rng(4).integers(0, 3, units.max() + 1)[units]
    again = np.repeat(np.arange(80), counts)
    repeated = scored.take(again)
    if scored.groups is not None:
        # A group that is drawn twice is two groups.
        copies = np.concatenate([np.arange(count) for count in counts])
        pairs = np.stack([scored.groups[again], copies], axis=1)
        numbers = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
        repeated = replace(repeated, groups=numbers)
    if task in ("cluster", "embedding"):
        return  # the scale of their features is that of all rows: see their own tests
    assert compute_metrics(scored, counts.astype(float)) == pytest.approx(
        compute_metrics(repeated), rel=1e-9, abs=1e-12, nan_ok=True
    )


@pytest.mark.parametrize("task", TASKS)
def test_every_metric_has_an_interval_that_holds_it(task: str) -> None:
    scored = rows_of(task, 300)
    drawn = bootstrap_metrics({"challenger": scored}, resamples=60, seed=1)
    for name, value in compute_metrics(scored).items():
        low, high = drawn.interval("challenger", name)
        assert low - 0.05 <= value <= high + 0.05, name


def test_groups_of_a_ranking_are_drawn_whole() -> None:
    scored = rows_of("ranking", 300)
    drawn = bootstrap_metrics({"challenger": scored}, resamples=20, seed=1)
    by_hand = bootstrap_metrics({"challenger": scored}, resamples=20, seed=1, groups=scored.groups)
    assert np.array_equal(drawn.values["challenger"]["ndcg"], by_hand.values["challenger"]["ndcg"])


def test_blocks_of_one_series_are_drawn_within_it() -> None:
    scored = rows_of("forecast", 300)
    one = replace(scored, groups=np.zeros(300, dtype=int), blocks=np.arange(300) // 10)
    drawn = bootstrap_metrics({"challenger": one}, resamples=200, seed=1)
    blocks = np.abs(scored.scores - scored.labels).reshape(30, 10).mean(axis=1)
    expected = np.std(blocks) / np.sqrt(30)
    assert drawn.standard_deviation("challenger", "mae") == pytest.approx(expected, rel=0.2)
    whole = bootstrap_metrics({"challenger": replace(one, blocks=None)}, resamples=5, seed=1)
    assert whole.standard_deviation("challenger", "mae") < 1e-12
