import numpy as np

from jobs.evaluation.registry import registry_metrics
from jobs.metrics.baselines import measure_baseline
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from tests.jobs.evaluation.reports import scored_rows


def test_metrics_of_classes_have_model_monitors_names() -> None:
    scored = scored_rows("multiclass", 90, 0.5, ("a", "b", "c"))
    # No row of the last class.
    scored.labels[scored.labels == 2] = 0
    metrics = compute_metrics(scored)
    bootstrap = bootstrap_metrics({"challenger": scored}, resamples=20, seed=1)
    found = registry_metrics(scored, metrics, bootstrap, measure_baseline(scored))
    values = found["multiclass_classification_metrics"]
    assert np.isnan(metrics["recall:c"]) and "recall:c" not in values
    assert values["confusion_matrix"]["c"] == {"a": 0, "b": 0, "c": 0}
    assert values["accuracy_best_constant_classifier"] == {"value": 2 / 3, "standard_deviation": "NaN"}
    assert values["weighted_recall"]["standard_deviation"] > 0


def test_metrics_of_a_number_are_a_regressions() -> None:
    scored = scored_rows("regression", 40, 0.5, ())
    bootstrap = bootstrap_metrics({"challenger": scored}, resamples=5, seed=1)
    found = registry_metrics(scored, compute_metrics(scored), bootstrap)
    assert set(found["regression_metrics"]) == {"rmse", "mae", "r2"}
