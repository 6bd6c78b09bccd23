import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from jobs.metrics import cluster
from jobs.metrics.cluster import cluster_numbers, cluster_sizes, standardized
from jobs.metrics.computing import compute_metrics
from tests.examples_tried import examples
from tests.jobs.metrics.answers import rows_of

pytestmark = pytest.mark.slow


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10_000))
def test_the_silhouette_is_that_of_scikit_learn_with_rows_repeated(seed: int) -> None:
    scored = rows_of("cluster", 50, seed)
    counts = np.random.default_rng(seed).integers(0, 3, 50)
    assert scored.features is not None
    assert scored.answers is not None
    rows = np.repeat(np.arange(50), counts)
    features = StandardScaler().fit_transform(scored.features)[rows]
    clusters = scored.answers[rows, 0]
    found = compute_metrics(scored, counts.astype(float))
    assert found["silhouette"] == pytest.approx(silhouette_score(features, clusters), rel=1e-9, abs=1e-9)
    shares = [np.mean(clusters == number) for number in (0, 1, 2)]
    assert found["smallest_cluster_share"] == pytest.approx(min(shares))


def test_one_cluster_has_no_silhouette() -> None:
    scored = rows_of("cluster", 50)
    assert scored.answers is not None
    one = scored.take(scored.answers[:, 0] == 1)
    assert np.isnan(compute_metrics(one)["silhouette"])
    assert compute_metrics(one)["smallest_cluster_share"] == 1.0


def test_a_sample_of_many_rows_is_close_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    scored, again = rows_of("cluster", 1500), rows_of("cluster", 1500)
    sampled = compute_metrics(scored)["silhouette"]
    monkeypatch.setattr(cluster, "SAMPLE", 1500)
    assert sampled == pytest.approx(compute_metrics(again)["silhouette"], abs=0.03)
    assert sampled == compute_metrics(scored)["silhouette"]


def test_sizes_are_in_the_order_of_the_numbers() -> None:
    scored = rows_of("cluster", 50)
    assert list(cluster_numbers(scored)) == [0, 1, 2]
    assert cluster_sizes(scored, np.ones(50)).sum() == 50


def test_a_missing_value_counts_as_the_mean_and_a_constant_as_nothing() -> None:
    columns = np.array([[1e9, 7.0], [1e9 + 2, 7.0], [np.nan, 7.0]])
    assert standardized(columns).tolist() == [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
