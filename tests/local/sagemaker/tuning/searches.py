"""Tuning jobs on a script whose metric follows from its hyperparameters, so that a trial takes a moment."""

import time
from typing import Any

from tests.local.sagemaker.lab import SCRIPT, Lab, unique

PARABOLA = """
import json, os, sys, time
base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
texts = json.load(open(base + "/input/config/hyperparameters.json"))
x = float(texts["x"])
if texts.get("fail") == "always" or (texts.get("fail") == "above" and x > 0.5):
    open(base + "/output/failure", "w").write("x is out of its mind")
    sys.exit(1)
for epoch in range(int(texts.get("epochs", 1))):
    print("loss=%.5f" % ((x - 0.3) ** 2 + 1 / (epoch + 1)), flush=True)
    time.sleep(float(texts.get("pause", 0)))
open(base + "/model/x", "w").write(texts["x"])
"""
METRIC = "validation:loss"
ENDED = ("Completed", "Failed", "Stopped")
WAIT_SECONDS = 90


def request(
    lab: Lab, *, trials: int = 4, static: dict[str, str] | None = None, **config: Any
) -> dict[str, Any]:
    """CreateHyperParameterTuningJob's request; `config` are members of its configuration."""
    training = lab.script(PARABOLA)
    definition = {
        name: training[name]
        for name in ("RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    }
    return {
        "HyperParameterTuningJobName": unique("tune"),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "RandomSeed": 7,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": METRIC},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]
            },
            **config,
        },
        "TrainingJobDefinition": {
            **definition,
            "AlgorithmSpecification": {
                "TrainingImage": SCRIPT,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": METRIC, "Regex": "loss=([0-9.]+)"}],
            },
            "StaticHyperParameters": static or {},
        },
    }


def run(lab: Lab, given: dict[str, Any]) -> dict[str, Any]:
    """Create a tuning job and wait for its end."""
    lab.sagemaker.create_hyper_parameter_tuning_job(**given)
    return wait(lab, given["HyperParameterTuningJobName"])


def described(lab: Lab, name: str) -> dict[str, Any]:
    found: dict[str, Any] = lab.sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name
    )
    return found


def wait(lab: Lab, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = described(lab, name)
        if found["HyperParameterTuningJobStatus"] in ENDED:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name} did not end: {found}")


def trials(lab: Lab, name: str) -> list[dict[str, Any]]:
    """All of the tuning job's trials, by small pages."""
    pages = lab.sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, PaginationConfig={"PageSize": 3}
    )
    return [summary for page in pages for summary in page["TrainingJobSummaries"]]
