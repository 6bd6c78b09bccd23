import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from jobs.metrics.computing import compute_metrics
from jobs.metrics.forecast import horizon_blocks
from jobs.metrics.rows import ScoredRows
from tests.examples_tried import examples
from tests.jobs.metrics.answers import LEVELS, rows_of

pytestmark = pytest.mark.slow


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10_000))
def test_weighted_metrics_are_the_formulas_and_those_of_scikit_learn(seed: int) -> None:
    scored = rows_of("forecast", 40, seed)
    weights = np.random.default_rng(seed).choice([0.0, 0.5, 1.0, 3.0], 40) + 1e-3
    labels, options = scored.labels, {"sample_weight": weights}
    assert scored.answers is not None
    assert scored.scale is not None
    losses = [
        2 * weights.sum() * reference.mean_pinball_loss(labels, answers, alpha=float(level), **options)
        / (weights * np.abs(labels)).sum()
        for level, answers in zip(LEVELS, scored.answers.T, strict=True)
    ]  # fmt: skip
    inside = (labels >= scored.answers[:, 0]) & (labels <= scored.answers[:, 2])
    coverage = float(np.average(inside, weights=weights))
    expected = {
        "rmse": reference.root_mean_squared_error(labels, scored.scores, **options),
        "mae": reference.mean_absolute_error(labels, scored.scores, **options),
        "wql": np.mean(losses),
        "mase": np.average(np.abs(labels - scored.scores) / scored.scale, weights=weights),
        "coverage": coverage,
        "coverage_error": abs(coverage - 0.8),
    }
    assert compute_metrics(scored, weights) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_series_without_a_scale_are_left_out_of_mase() -> None:
    scored = ScoredRows(
        labels=np.array([1.0, 2.0, 3.0]),
        scores=np.array([2.0, 2.5, 9.0]),
        task="forecast",
        answers=np.array([[2.0], [2.5], [9.0]]),
        names=("0.5",),
        scale=np.array([0.5, 0.0, np.nan]),
    )
    found = compute_metrics(scored)
    assert found["mase"] == 2.0
    assert np.isnan(found["coverage"])
    assert np.isnan(compute_metrics(scored.take(np.array([1, 2])))["mase"])


def test_labels_of_zero_have_no_weighted_quantile_loss() -> None:
    scored = rows_of("forecast", 10)
    zero = ScoredRows(**{**vars(scored), "labels": np.zeros(10)})
    assert np.isnan(compute_metrics(zero)["wql"])


def test_neighbouring_steps_of_one_forecast_are_a_block() -> None:
    steps = np.tile(np.arange(1, 10), 4)
    groups, origins = np.repeat([0, 0, 1, 1], 9), np.repeat([0, 1, 0, 1], 9)
    blocks = horizon_blocks(groups, origins, steps)
    assert list(blocks[:9]) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len(set(blocks)) == 12
