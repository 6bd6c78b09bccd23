"""The monitors of a team for tests: of its endpoint and of its batches."""

from datetime import timedelta
from typing import Any

from aws_cdk import Stack

from mdlc_constructs import (
    BatchInferenceWorkflow,
    Dataset,
    Evaluation,
    Labels,
    ModelHome,
    MonitorAlarms,
    MonitoringWorkflow,
    RealTimeInferenceWorkflow,
)

LATE = "raw/late/"
"""Where the team's labels come in."""


def add_monitoring(
    stack: Stack,
    home: ModelHome,
    dataset: Dataset,
    *,
    endpoint: RealTimeInferenceWorkflow,
    batch: BatchInferenceWorkflow,
) -> None:
    """Both monitors of a model that is served in both ways."""
    labels = Labels(uri=f"s3://{home.bucket_name}/{LATE}", delay=timedelta(seconds=1))
    common: dict[str, Any] = {
        "home": home,
        "dataset": dataset,
        "labels": labels,
        "evaluation": Evaluation(bootstrap=50),
        "segments": ("shop",),
    }
    MonitoringWorkflow(
        stack,
        "Monitoring",
        endpoint=endpoint,
        least_rows=50,
        alarms=MonitorAlarms(accuracy={"auc": 0.55}),
        **common,
    )
    MonitoringWorkflow(stack, "BatchMonitoring", batch=batch, **common)
