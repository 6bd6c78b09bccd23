"""Algorithms that are scripts of JumpStart on a framework's image."""

import json
from typing import Any

import numpy
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from tests.local.sagemaker.built_in.teams import Trained, csv, request_of
from tests.local.sagemaker.lab import Lab

CELLS, BENIGN = load_breast_cancer(return_X_y=True)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
SCRIPTS = "s3://jumpstart-cache-prod-us-east-1/source-directory-tarballs"
TREES: dict[str, dict[str, Any]] = {
    "lightgbm": {"num_boost_round": 50, "num_leaves": 8},
    "catboost": {"iterations": 60, "depth": 4, "learning_rate": 0.1},
    "tabtransformer": {},
}
ROWS = {"train": csv(CELLS[:380], BENIGN[:380]), "validation": csv(CELLS[380:], BENIGN[380:])}


def request(lab: Lab, algorithm: str, task: str, rows: dict[str, str]) -> dict[str, Any]:
    made = request_of(lab, algorithm, TREES[algorithm], rows, "text/csv")
    made["AlgorithmSpecification"] |= {
        "TrainingImage": f"{REGISTRY}/pytorch-training:1.9.0-cpu-py38",
        "MetricDefinitions": [{"Name": "auc", "Regex": r"auc: ([0-9\.]+)"}],
    }
    made["HyperParameters"] |= {
        "sagemaker_program": "transfer_learning.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
    }
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"{SCRIPTS}/{algorithm}/transfer_learning/{task}/v1.0.0/s.tar.gz",
    }
    made["InputDataConfig"].append({"ChannelName": "code", "DataSource": {"S3DataSource": source}})
    return {**made, "EnableNetworkIsolation": True}


def trained(lab: Lab, algorithm: str, task: str, rows: dict[str, str]) -> Trained:
    ended = lab.run("training", request(lab, algorithm, task, rows))
    assert ended["TrainingJobStatus"] == "Completed", ended["FailureReason"]
    return Trained(lab, f"{REGISTRY}/pytorch-inference:1.9.0-cpu-py38", ended)


@pytest.mark.parametrize("algorithm", ["lightgbm", "catboost"])
def test_trees_tell_tumours_apart(lab: Lab, algorithm: str) -> None:
    """Better than the more frequent class, 63 %."""
    model = trained(lab, algorithm, "classification", ROWS)
    assert algorithm == "catboost" or model.metrics["auc"] > 0.97
    assert any(
        f"stand-in of the built-in algorithm {algorithm}: {algorithm} " in line for line in model.log()
    )
    answer = json.loads(model.score(csv(CELLS[380:]), accept="application/json"))
    probabilities = numpy.array(answer["probabilities"])
    assert probabilities.shape == (len(CELLS) - 380, 2)
    assert (probabilities.argmax(1) == BENIGN[380:]).mean() > 0.9


def test_lightgbm_predicts_numbers_and_holds_out_rows_itself(lab: Lab) -> None:
    """Better than the mean, whose error is the variance."""
    model = trained(lab, "lightgbm", "regression", {"train": csv(PATIENTS[:350], PROGRESS[:350])})
    assert any("70 of 350 rows are held out" in line for line in model.log())
    answer = json.loads(model.score(csv(PATIENTS[350:]), accept="application/json"))
    errors = numpy.array(answer["prediction"]) - PROGRESS[350:]
    assert (errors**2).mean() < 0.8 * PROGRESS[350:].var()


def test_the_others_are_refused_by_name(lab: Lab) -> None:
    rows = {"train": csv(CELLS[:20], BENIGN[:20])}
    with pytest.raises(
        lab.sagemaker.exceptions.ClientError, match=r"'tabtransformer' .* has no local stand-in"
    ):
        lab.sagemaker.create_training_job(**request(lab, "tabtransformer", "classification", rows))


def test_a_framework_without_such_scripts_is_not_run(lab: Lab) -> None:
    made = request(lab, "lightgbm", "classification", {"train": csv(CELLS[:20], BENIGN[:20])})
    del made["InputDataConfig"][-1]
    with pytest.raises(
        lab.sagemaker.exceptions.ClientError, match="no local runtime is registered for image"
    ):
        lab.sagemaker.create_training_job(**made)
    image = f"{REGISTRY}/pytorch-inference:1.9.0-cpu-py38"
    archive = lab.archive("pytorch/model.tar.gz", {"model.pth": "x"})
    container = {"Image": image, "ModelDataUrl": archive}
    with pytest.raises(
        lab.sagemaker.exceptions.ClientError, match="no local runtime is registered for a model"
    ):
        lab.sagemaker.create_model(ModelName="own", ExecutionRoleArn=lab.role.arn, PrimaryContainer=container)
