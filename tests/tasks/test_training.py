from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.statements import covers
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.network import Vpc
from mdlc_constructs.tasks.training import Channel, SpotTraining, training_job


def train(**options: Any) -> Task:
    defaults: dict[str, Any] = {
        "job_name": "{% $plan.name %}",
        "name_pattern": "churn-*",
        "role_arn": "${Role}",
        "image": "${Image}",
        "output_uri": "s3://bucket/models/",
        "instance_type": "ml.m5.large",
        "channels": (Channel(name="train", uri="{% $plan.train %}", content_type="text/csv"),),
    }
    return training_job("Train", **{**defaults, **options})


def request(task: Task) -> Any:
    return task.arguments


def test_the_least_that_is_asked_for() -> None:
    task = train()
    assert task.resource == "arn:${Partition}:states:::sagemaker:createTrainingJob.sync"
    assert request(task) == {
        "TrainingJobName": "{% $plan.name %}",
        "AlgorithmSpecification": {"TrainingImage": "${Image}", "TrainingInputMode": "File"},
        "RoleArn": "${Role}",
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": "{% $plan.train %}",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
                "ContentType": "text/csv",
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": False,
    }


EVERYTHING: dict[str, Any] = {
    "hyperparameters": {"num_round": 200, "objective": "binary:logistic"},
    "instance_count": 2,
    "kms_key_id": "${Key}",
    "vpc": Vpc(subnet_ids=("${Subnet}",), security_group_ids=("${Group}",)),
    "spot": SpotTraining(
        max_wait_seconds=90000, checkpoint_uri="s3://bucket/checkpoints/", checkpoint_path="/opt/ml/c"
    ),
    "retry_attempts": 3,
    "environment": {"LEVEL": 1},
    "entrypoint": ("python3",),
    "arguments": ("train.py",),
    "metric_definitions": {"auc": "auc=([0-9.]+)"},
    "tags": {"team": "a"},
    "output_compression": "NONE",
    "max_pending_seconds": 7200,
    "overrides": {
        "MlflowConfig": {"MlflowResourceArn": "${Mlflow}"},
        "ResourceConfig": {"TrainingPlanArn": "a"},
    },
}


def test_everything_that_can_be_asked_for() -> None:
    task = train(**EVERYTHING)
    asked = request(task)
    assert problems(task.resource, asked) == ()
    assert asked["EnableManagedSpotTraining"] is True
    assert asked["CheckpointConfig"] == {"S3Uri": "s3://bucket/checkpoints/", "LocalPath": "/opt/ml/c"}
    assert asked["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 86400,
        "MaxWaitTimeInSeconds": 90000,
        "MaxPendingTimeInSeconds": 7200,
    }
    assert asked["RetryStrategy"] == {"MaximumRetryAttempts": 3}
    assert asked["HyperParameters"] == {"num_round": "200", "objective": "binary:logistic"}
    assert asked["ResourceConfig"]["VolumeKmsKeyId"] == asked["OutputDataConfig"]["KmsKeyId"] == "${Key}"
    assert asked["ResourceConfig"]["TrainingPlanArn"] == "a"
    assert asked["EnableInterContainerTrafficEncryption"] is True
    assert asked["VpcConfig"] == {"SecurityGroupIds": ["${Group}"], "Subnets": ["${Subnet}"]}
    assert asked["MlflowConfig"] == {"MlflowResourceArn": "${Mlflow}"}
    assert asked["Tags"] == [{"Key": "team", "Value": "a"}]


def test_instances_with_storage_of_their_own_take_no_volume_key() -> None:
    assert "VolumeKmsKeyId" not in request(train(kms_key_id="k", volume_kms_key_id=""))["ResourceConfig"]


def test_a_run_of_mlflow_is_asked_for_as_the_api_takes_it() -> None:
    app = "arn:aws:sagemaker:eu-central-1:111111111111:mlflow-app/app-1"
    task = train(mlflow={"MlflowResourceArn": app, "MlflowRunName": "{% $plan.run %}"})
    assert request(task)["MlflowConfig"] == {"MlflowResourceArn": app, "MlflowRunName": "{% $plan.run %}"}
    assert problems(task.resource, request(task)) == ()
    assert problems(task.resource, {**request(task), "MlflowConfig": {}}) != ()


def test_warm_pool_and_algorithm_resource() -> None:
    asked = request(train(keep_alive_seconds=600, image=None, algorithm_name="arn:algorithm"))
    assert asked["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert asked["AlgorithmSpecification"]["AlgorithmName"] == "arn:algorithm"


def test_it_is_allowed_what_it_needs_on_its_own_names_only() -> None:
    task = train(**EVERYTHING)
    check(
        Machine((task,), bindings=dict.fromkeys(("Role", "Image", "Key", "Subnet", "Group", "Mlflow"), "x")),
        traced=False,
    )
    assert all("*" not in statement.resources for statement in task.statements)
    assert not covers(task.statements, "sagemaker:CreateModel")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"algorithm_name": "a"}, "give exactly one of the two"),
        ({"image": None}, "give exactly one of the two"),
        ({"instance_count": 0}, "instance_count=0 must be at least 1"),
        ({"output_uri": "models"}, "output_uri='models' must be an S3 URI"),
        ({"retry_attempts": 31}, "retry_attempts=31 must be between 1 and 30"),
        ({"keep_alive_seconds": 30000}, "keep_alive_seconds=30000 must be between 0 and 21600"),
        ({"keep_alive_seconds": 60, "spot": SpotTraining(max_wait_seconds=90000)}, "does not go with spot"),
        (
            {"spot": SpotTraining(max_wait_seconds=60)},
            "max_wait_seconds=60 of spot is less than max_runtime_seconds=86400",
        ),
        ({"name_pattern": None}, "job_name='{% .plan.name %}' is known only at run time; pass name_pattern"),
        ({"role_arn": "{% $role %}"}, "role_arn='{% .role %}' is known only at run time"),
        (
            {"channels": (Channel(name="a", uri="s3://a/"), Channel(name="a", uri="s3://b/"))},
            "channels holds the name 'a' twice",
        ),
        ({"overrides": {"EnableNetworkIsolaton": True}}, "did you mean 'EnableNetworkIsolation'"),
        ({"overrides": {"ResourceConfig": None}}, "overrides sets 'ResourceConfig' to None"),
    ],
)
def test_what_the_api_refuses_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(**options)


def test_a_misspelt_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="instance_typ"):
        train(instance_typ="ml.m5.large")


def test_a_checkpoint_path_needs_a_place() -> None:
    with pytest.raises(ValueError, match="needs checkpoint_uri"):
        SpotTraining(max_wait_seconds=1, checkpoint_path="/opt/ml/c")


def test_other_members_of_a_channel_are_reachable() -> None:
    channel = Channel(
        name="a", uri="s3://a/", input_mode="FastFile", overrides={"ShuffleConfig": {"Seed": 1}}
    )
    assert channel.to_request()["ShuffleConfig"] == {"Seed": 1}
    assert channel.to_request()["InputMode"] == "FastFile"
