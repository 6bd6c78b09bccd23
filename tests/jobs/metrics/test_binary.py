from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from jobs.metrics.binary import compute_binary, rank_metrics, roc_auc
from jobs.metrics.computing import compute_metric, compute_metrics
from jobs.metrics.rows import ScoredRows
from tests.examples_tried import examples

pytestmark = pytest.mark.slow

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


def test_the_calibration_error_is_the_mean_distance_of_ten_bins() -> None:
    scored = ScoredRows(labels=np.array([1.0, 0.0, 1.0, 1.0]), scores=np.array([0.05, 0.05, 0.95, 1.0]))
    assert compute_metrics(scored)["expected_calibration_error"] == pytest.approx((0.9 + 0.05) / 4)


def test_one_class_has_no_area_under_a_curve() -> None:
    found = compute_metrics(ScoredRows(labels=np.ones(5), scores=np.linspace(0, 1, 5)))
    assert np.isnan(found["auc"])
    assert np.isnan(found["pr_auc"])


def test_the_area_alone_is_the_same() -> None:
    scored = ScoredRows(labels=np.array([1.0, 0.0, 1.0, 0.0]), scores=np.array([0.9, 0.8, 0.8, 0.1]))
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    area = roc_auc(scored, weights)
    assert area == rank_metrics(scored, weights)[0] == compute_binary(scored, weights)["auc"]
