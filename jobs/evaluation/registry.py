"""The metrics in the format of SageMaker Model Registry's model quality metrics.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.evaluation.report import confusion_matrix
from jobs.gate import CHALLENGER
from jobs.metrics.baselines import Baseline
from jobs.metrics.bootstrap import Bootstrap
from jobs.metrics.curves import curves
from jobs.metrics.rows import ScoredRows

_GROUPS = {"binary": "binary_classification_metrics", "multiclass": "multiclass_classification_metrics"}


def registry_metrics(
    scored: ScoredRows,
    metrics: Mapping[str, float],
    bootstrap: Bootstrap,
    baseline: Baseline | None = None,
) -> dict[str, Any]:
    """The metrics of the challenger; those that are not defined are left out.

    Args:
        baseline: of it the accuracy is shown beside the model's, under the name that Model Monitor gives it.
    """
    values: dict[str, Any] = {
        name: {"value": value, "standard_deviation": bootstrap.standard_deviation(CHALLENGER, name)}
        for name, value in metrics.items()
        if not np.isnan(value)
    }
    if scored.task == "binary":
        values.update(curves(scored).to_registry())
    if scored.task == "multiclass":
        values["confusion_matrix"] = confusion_matrix(scored)
        # Weighted by the classes' rows, recall is accuracy.
        values["weighted_recall"] = values["accuracy"]
        if baseline is not None:
            values["accuracy_best_constant_classifier"] = {
                "value": baseline.metrics["accuracy"],
                "standard_deviation": "NaN",
            }
    return {_GROUPS.get(scored.task, "regression_metrics"): values}
