from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks import tuning_job
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.tasks.training import Channel, SpotTraining, training_job

RANGES = {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}]}


def training(**changes: Any) -> Task:
    return training_job(
        "Trial",
        **{
            "job_name": "ignored",
            "role_arn": "${TrainRole}",
            "output_uri": "s3://b/out/",
            "instance_type": "ml.m5.xlarge",
            "image": "image",
            "hyperparameters": {"num_round": 9},
            "channels": (Channel(name="train", uri="s3://b/train/"),),
            **changes,
        },
    )


def task(**changes: Any) -> Task:
    options = {"job_name": "churn-tune", "training": training(), "ranges": RANGES, "max_trials": 12}
    return tuning_job("Tune", **{**options, "metric": "validation:auc", "direction": "Maximize", **changes})


def test_a_trial_is_the_training_job_without_its_name() -> None:
    made: Any = task(training=training(spot=SpotTraining(max_wait_seconds=90000)), early_stopping=True)
    assert made.resource.endswith("sagemaker:createHyperParameterTuningJob.sync")
    definition = made.arguments["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"] == {"num_round": "9"}
    assert definition["EnableManagedSpotTraining"] is True and "TrainingJobName" not in definition
    config = made.arguments["HyperParameterTuningJobConfig"]
    assert config["TrainingJobEarlyStoppingType"] == "Auto"
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 12, "MaxParallelTrainingJobs": 1}
    assert problems(made.resource, made.arguments) == ()


def test_its_permissions_are_those_of_one_tuning_job() -> None:
    job, rule, passed = task().statements
    assert job.resources == (arn("sagemaker", "hyper-parameter-tuning-job/churn-tune"),)
    assert "sagemaker:StopHyperParameterTuningJob" in job.actions and "sagemaker:AddTags" in job.actions
    assert rule.resources == (arn("events", "rule/StepFunctionsGetEventsForSageMakerTuningJobsRule"),)
    assert passed.resources == ("${TrainRole}",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": training(entrypoint=("python",))}, "sets ContainerEntrypoint"),
        ({"training": training(keep_alive_seconds=60)}, "keeps a warm pool"),
        ({"max_trials": 0}, "max_trials=0 must be at least 1"),
        ({"overrides": {"Autotunes": {}}}, "Autotunes"),
        ({"job_name": "{% $n %}"}, "known only at run time"),
    ],
)
def test_what_a_tuning_job_does_not_take(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"=|Autotunes") as error:
        task(**changes)
    assert message in str(error.value)


def test_only_a_training_job_can_be_tried() -> None:
    with pytest.raises(ValueError, match="is no training job"):
        task(training=Task(name="X", resource="arn:aws:states:::lambda:invoke", arguments={}))
