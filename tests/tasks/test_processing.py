from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.network import Vpc
from mdlc_constructs.tasks.processing import ProcessingInput, ProcessingOutput, processing_job

DATA = ProcessingInput(name="data", uri="s3://bucket/data/")


def process(**options: Any) -> Task:
    defaults: dict[str, Any] = {
        "job_name": "churn-quality-1",
        "role_arn": "${Role}",
        "image": "${Image}",
        "instance_type": "ml.m5.large",
        "entrypoint": ("python3", "/opt/ml/processing/input/code/jobs.zip"),
        "arguments": ("quality",),
        "inputs": (DATA,),
        "outputs": (ProcessingOutput(name="report", uri="{% $plan.report %}"),),
    }
    return processing_job("Check", **{**defaults, **options})


def test_the_least_that_is_asked_for() -> None:
    task = process()
    assert task.resource == "arn:${Partition}:states:::sagemaker:createProcessingJob.sync"
    assert task.arguments == {
        "ProcessingJobName": "churn-quality-1",
        "RoleArn": "${Role}",
        "AppSpecification": {
            "ImageUri": "${Image}",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/jobs.zip"],
            "ContainerArguments": ["quality"],
        },
        "ProcessingInputs": [
            {
                "InputName": "data",
                "S3Input": {
                    "S3Uri": "s3://bucket/data/",
                    "LocalPath": "/opt/ml/processing/input/data",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                    "S3DataDistributionType": "FullyReplicated",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": "{% $plan.report %}",
                        "LocalPath": "/opt/ml/processing/output/report",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "NetworkConfig": {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": False},
    }


def test_everything_that_can_be_asked_for() -> None:
    task = process(
        kms_key_id="${Key}",
        vpc=Vpc(subnet_ids=("s",), security_group_ids=("g",)),
        instance_count=3,
        environment={"A": 1},
        tags={"team": "a"},
        inputs=(
            ProcessingInput(
                name="list", uri="s3://b/m.json", kind="ManifestFile", distribution="ShardedByS3Key"
            ),
            ProcessingInput(
                name="x", uri="s3://b/x", local_path="/opt/ml/processing/x", overrides={"AppManaged": False}
            ),
        ),
        overrides={"ExperimentConfig": {"ExperimentName": "e"}},
    )
    assert problems(task.resource, task.arguments) == ()
    asked: Any = task.arguments
    assert asked["ProcessingOutputConfig"]["KmsKeyId"] == "${Key}"
    assert asked["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "${Key}"
    assert asked["NetworkConfig"]["EnableInterContainerTrafficEncryption"] is True
    assert asked["NetworkConfig"]["VpcConfig"] == {"SecurityGroupIds": ["g"], "Subnets": ["s"]}
    assert asked["ProcessingInputs"][1]["S3Input"]["LocalPath"] == "/opt/ml/processing/x"
    check(Machine((task,), bindings=dict.fromkeys(("Role", "Image", "Key"), "x")), traced=False)


def test_a_job_without_outputs_has_no_output_config() -> None:
    assert "ProcessingOutputConfig" not in process(outputs=(), kms_key_id="k").arguments


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inputs": (DATA, DATA)}, "inputs holds the name 'data' twice"),
        ({"volume_gb": 0}, "volume_gb=0 must be at least 1"),
        ({"max_runtime_seconds": 0}, "max_runtime_seconds=0 must be at least 1"),
        ({"job_name": "{% $name %}"}, "pass name_pattern"),
        ({"overrides": {"Enviroment": {}}}, "did you mean 'Environment'"),
    ],
)
def test_what_the_api_refuses_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        process(**options)


def test_places_must_be_in_s3() -> None:
    with pytest.raises(ValueError, match="uri='out/' must be an S3 URI"):
        ProcessingOutput(name="o", uri="out/")
