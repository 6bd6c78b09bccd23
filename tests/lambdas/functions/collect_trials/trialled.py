"""A tuning in SageMaker: its description, and the trials of each of its tuning jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 1, tzinfo=UTC)
METRIC = "FinalHyperParameterTuningJobObjectiveMetric"

DESCRIBED: dict[str, Any] = {
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1"}]},
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {"num_round": "9", "_tuning_objective_metric": "validation:auc"}
    },
}


def summary(number: int, value: float | None, status: str = "Completed", **more: Any) -> dict[str, Any]:
    """One of ListTrainingJobsForHyperParameterTuningJob's."""
    final = {} if value is None else {METRIC: {"MetricName": "validation:auc", "Value": value}}
    return {
        "TrainingJobName": f"m-tune-a-{number:03d}-0",
        "TrainingJobStatus": status,
        "CreationTime": START + timedelta(minutes=number),
        "TunedHyperParameters": {"eta": f"0.{number}"},
        **final,
        **more,
    }
