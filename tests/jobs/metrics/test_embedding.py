import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from jobs.metrics.computing import compute_metrics
from jobs.metrics.embedding import explained_curve
from jobs.metrics.rows import ScoredRows
from tests.examples_tried import examples
from tests.jobs.metrics.answers import rows_of

pytestmark = pytest.mark.slow


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10_000))
def test_explained_variance_is_that_of_a_linear_regression(seed: int) -> None:
    scored = rows_of("embedding", 40, seed)
    weights = np.random.default_rng(seed).choice([0.5, 1.0, 3.0], 40)
    features = StandardScaler().fit_transform(scored.features)
    fitted = LinearRegression().fit(scored.answers, features, sample_weight=weights)
    expected = r2_score(
        features,
        fitted.predict(scored.answers),
        sample_weight=weights,
        multioutput="variance_weighted",
    )
    assert compute_metrics(scored, weights)["explained_variance"] == pytest.approx(expected, rel=1e-9)


def test_principal_components_explain_the_sum_of_their_ratios() -> None:
    scored = rows_of("embedding", 200)
    features = StandardScaler().fit_transform(scored.features)
    fitted = PCA(3).fit(features)
    vectors = fitted.transform(features)
    components = ScoredRows(**{**vars(rows_of("embedding", 200)), "answers": vectors})
    expected = np.cumsum(fitted.explained_variance_ratio_)
    assert compute_metrics(components)["explained_variance"] == pytest.approx(expected[-1], rel=1e-9)
    assert explained_curve(components) == pytest.approx(expected, rel=1e-9)


def test_a_number_that_says_the_same_as_another_changes_nothing() -> None:
    scored = rows_of("embedding", 50)
    assert scored.answers is not None
    double = ScoredRows(**{**vars(scored), "answers": np.c_[scored.answers, scored.answers[:, 0] * 3]})
    assert compute_metrics(double) == pytest.approx(compute_metrics(rows_of("embedding", 50)), rel=1e-9)


def test_features_without_variance_have_nothing_to_explain() -> None:
    scored = rows_of("embedding", 10)
    constant = ScoredRows(**{**vars(scored), "features": np.ones((10, 3))})
    assert np.isnan(compute_metrics(constant)["explained_variance"])
