import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from jobs.metrics.anomaly import labelled_rows
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows
from tests.examples_tried import examples
from tests.jobs.metrics.answers import rows_of

pytestmark = pytest.mark.slow


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10_000), st.sampled_from((30, 300)))
def test_metrics_are_those_of_the_labelled_rows(seed: int, rows: int) -> None:
    scored = rows_of("anomaly", rows, seed)
    generator = np.random.default_rng(seed)
    labels = np.where(generator.random(rows) < 0.3, np.nan, scored.labels)
    scored, weights = ScoredRows(**{**vars(scored), "labels": labels}), generator.integers(0, 3, rows)
    held = ~np.isnan(labels) & (weights > 0)
    if len(set(labels[held])) < 2:
        return
    found = compute_metrics(scored, weights.astype(float))
    arguments = (labels[held], scored.scores[held])
    options = {"sample_weight": weights[held]}
    assert found["auc"] == pytest.approx(reference.roc_auc_score(*arguments, **options), rel=1e-9)
    assert found["pr_auc"] == pytest.approx(
        reference.average_precision_score(*arguments, **options), rel=1e-9
    )
    again = np.repeat(np.flatnonzero(held), weights[held])
    for k in (10, 100):
        expected = expected_precision(labels[again], scored.scores[again], k)
        assert found[f"precision@{k}"] == pytest.approx(expected, rel=1e-9)


def expected_precision(labels: np.ndarray, scores: np.ndarray, k: int) -> float:
    """The mean over random orders of tied rows: each of the k places holds the mean of its tie."""
    order = np.argsort(-scores)
    means = np.array([labels[scores == score].mean() for score in scores[order]])
    return float(means[:k].mean())


@pytest.mark.parametrize("labels", [np.full(20, np.nan), np.empty(0)])
def test_without_labels_no_metric_is_defined(labels: np.ndarray) -> None:
    scored = ScoredRows(labels=labels, scores=np.linspace(0, 1, 20), task="anomaly")
    assert np.isnan(list(compute_metrics(scored).values())).all()
    assert len(labelled_rows(scored)) == 0
