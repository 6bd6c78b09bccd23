from dataclasses import replace

import numpy as np
import pytest

from jobs.metrics.baselines import measure_baseline
from mdlc_constructs.settings.payloads.tasks import TASKS
from tests.jobs.metrics.answers import rows_of

pytestmark = pytest.mark.slow


def metrics(task: str) -> dict[str, float]:
    baseline = measure_baseline(rows_of(task, 300))
    assert baseline is not None
    return dict(baseline.metrics)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_one(task: str) -> None:
    baseline = measure_baseline(rows_of(task))
    assert baseline is not None
    assert baseline.predictor


def test_a_constant_says_nothing_about_an_order() -> None:
    assert metrics("binary")["auc"] == metrics("multiclass")["auc_macro"] == metrics("anomaly")["auc"] == 0.5


def test_the_mean_explains_nothing() -> None:
    assert metrics("regression")["r2"] == pytest.approx(0.0, abs=1e-12)


def test_shares_are_calibrated_and_predict_the_majority() -> None:
    scored = rows_of("multiclass", 300)
    shares = np.bincount(scored.labels.astype(int)) / 300
    found = metrics("multiclass")
    assert found["expected_calibration_error"] == pytest.approx(0.0, abs=1e-12)
    assert found["accuracy"] == pytest.approx(shares.max())
    assert found["log_loss"] == pytest.approx(-(shares * np.log(shares)).sum())


def test_a_random_order_is_worse_than_the_best_one() -> None:
    scored = rows_of("ranking", 300)
    perfect = measure_baseline(replace(scored, scores=scored.labels))
    assert perfect == measure_baseline(scored)
    assert metrics("ranking")["ndcg"] < 0.9


def test_a_forecast_needs_the_season_before() -> None:
    scored = rows_of("forecast")
    assert measure_baseline(replace(scored, naive=None)) is None
    assert scored.naive is not None
    assert metrics("forecast")["coverage"] == 0.0
    perfect = measure_baseline(replace(scored, naive=scored.labels))
    assert perfect is not None
    assert perfect.metrics["wql"] == 0.0


def test_random_clusters_keep_their_sizes_and_are_not_compact() -> None:
    found = metrics("cluster")
    assert abs(found["silhouette"]) < 0.05
    assert found["smallest_cluster_share"] > 0.2


def test_a_random_projection_explains_about_its_share() -> None:
    assert metrics("embedding")["explained_variance"] == pytest.approx(2 / 5, abs=0.15)


def test_weights_count_in_the_constant() -> None:
    scored = rows_of("regression", 50)
    weighted = measure_baseline(replace(scored, weights=np.arange(50.0)))
    assert weighted is not None
    assert weighted.metrics["r2"] == pytest.approx(0.0, abs=1e-9)
    classes = measure_baseline(replace(rows_of("multiclass", 50), weights=np.arange(50.0)))
    assert classes is not None
    assert classes.metrics["expected_calibration_error"] == pytest.approx(0.0, abs=1e-9)
