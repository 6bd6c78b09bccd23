from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metric, compute_metrics
from jobs.metrics.curves import curves
from jobs.metrics.rows import ScoredRows
from mdlc_constructs.settings.payloads.tasks import TASKS, metric_names
from tests.examples_tried import examples
from tests.jobs.metrics.answers import rows_of

# Few distinct scores, so that ties are the rule.
PAIRS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0]), st.integers(0, 3)
    ),
    min_size=2,
    max_size=40,
)


def columns(pairs: list[tuple[float, float, int]]) -> tuple[ScoredRows, np.ndarray]:
    labels, scores, counts = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True))
    return ScoredRows(labels=labels, scores=scores), counts


@settings(max_examples=examples(80))
@given(PAIRS)
def test_weighted_metrics_are_those_of_scikit_learn(pairs: list[tuple[float, float, int]]) -> None:
    scored, counts = columns(pairs)
    drawn = counts > 0
    if len(set(scored.labels[drawn])) < 2:
        return
    found = compute_metrics(scored, counts)
    labels, scores, weights = scored.labels, scored.scores, counts
    predicted = scores >= 0.5
    options = {"sample_weight": weights}
    expected = {
        "auc": reference.roc_auc_score(labels, scores, **options),
        "pr_auc": reference.average_precision_score(labels, scores, **options),
        "log_loss": reference.log_loss(labels, scores, **options),
        "brier": reference.brier_score_loss(labels, scores, **options),
        "accuracy": reference.accuracy_score(labels, predicted, **options),
        "precision": reference.precision_score(labels, predicted, zero_division=0, **options),
        "recall": reference.recall_score(labels, predicted, zero_division=0, **options),
        "f1": reference.f1_score(labels, predicted, zero_division=0, **options),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


@settings(max_examples=examples(60))
@given(PAIRS, st.lists(st.just(0.0) | st.floats(0.01, 5), min_size=40, max_size=40))
def test_the_rows_own_weights_are_scikit_learns_sample_weights(
    pairs: list[tuple[float, float, int]], numbers: list[float]
) -> None:
    scored, counts = columns(pairs)
    own = np.array(numbers[: len(counts)])
    weights = own * counts
    if len(set(scored.labels[weights > 0])) < 2:
        return
    found = compute_metrics(replace(scored, weights=own), counts)
    expected = reference.roc_auc_score(scored.labels, scored.scores, sample_weight=weights)
    assert found["auc"] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found["auc"] == compute_metric("auc", replace(scored, weights=own), counts)
    for task in ("binary", "regression"):
        weighted = compute_metrics(replace(scored, weights=own, task=task), counts)
        assert weighted == compute_metrics(replace(scored, task=task), weights)
    numbered = replace(scored, weights=own, task="regression")
    options = {"sample_weight": weights}
    found = compute_metrics(numbered, counts)
    assert found["mae"] == pytest.approx(
        reference.mean_absolute_error(scored.labels, scored.scores, **options), rel=1e-9, abs=1e-9
    )
    assert found["r2"] == pytest.approx(
        reference.r2_score(scored.labels, scored.scores, **options), rel=1e-9, abs=1e-9
    )


def test_a_resample_of_rows_without_weight_has_no_metrics() -> None:
    scored = ScoredRows(
        labels=np.array([0.0, 1.0]), scores=np.array([0.2, 0.8]), weights=np.array([0.0, 1.0])
    )
    assert np.isnan(list(compute_metrics(scored, np.array([2.0, 0.0])).values())).all()


@settings(max_examples=examples(100))
@given(PAIRS)
def test_counts_are_the_same_as_repeating_rows(pairs: list[tuple[float, float, int]]) -> None:
    scored, counts = columns(pairs)
    if counts.sum() == 0:
        return
    again = np.repeat(np.arange(len(counts)), counts.astype(int))
    repeated = ScoredRows(labels=scored.labels[again], scores=scored.scores[again])
    assert compute_metrics(scored, counts) == pytest.approx(
        compute_metrics(repeated), rel=1e-9, abs=1e-12, nan_ok=True
    )


def test_regression_metrics_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    labels = generator.normal(1e6, 5, 500)
    scores = labels + generator.normal(0, 3, 500)
    found = compute_metrics(ScoredRows(labels=labels, scores=scores, task="regression"))
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(labels, scores))
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(labels, scores))
    assert found["r2"] == pytest.approx(reference.r2_score(labels, scores))


def test_the_calibration_error_is_the_mean_distance_of_ten_bins() -> None:
    scored = ScoredRows(labels=np.array([1.0, 0.0, 1.0, 1.0]), scores=np.array([0.05, 0.05, 0.95, 1.0]))
    assert compute_metrics(scored)["expected_calibration_error"] == pytest.approx((0.9 + 0.05) / 4)


def test_one_class_has_no_area_under_a_curve() -> None:
    found = compute_metrics(ScoredRows(labels=np.ones(5), scores=np.linspace(0, 1, 5)))
    assert np.isnan(found["auc"])
    assert np.isnan(found["pr_auc"])


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
