import numpy as np
import pytest
from sklearn import metrics as reference

from jobs.metrics.regression import compute_regression
from jobs.metrics.rows import ScoredRows

pytestmark = pytest.mark.slow


def test_weighted_metrics_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    labels = generator.normal(1e6, 5, 500)
    scores, weights = labels + generator.normal(0, 3, 500), generator.choice([0.0, 0.5, 3.0], 500)
    found = compute_regression(ScoredRows(labels=labels, scores=scores, task="regression"), weights)
    options = {"sample_weight": weights}
    expected = {
        "rmse": reference.root_mean_squared_error(labels, scores, **options),
        "mae": reference.mean_absolute_error(labels, scores, **options),
        "r2": reference.r2_score(labels, scores, **options),
    }
    assert found == pytest.approx(expected, rel=1e-9)
