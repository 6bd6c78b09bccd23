from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.statements import covers
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.transform import DataCapture, transform_job


def score(**options: Any) -> Task:
    defaults: dict[str, Any] = {
        "job_name": "{% $states.input.job %}",
        "name_pattern": "churn-*",
        "model_name": "{% $states.input.model %}",
        "input_uri": "{% $states.input.from %}",
        "output_uri": "{% $states.input.to %}",
        "instance_type": "ml.m5.large",
    }
    return transform_job("Score", **{**defaults, **options})


def test_the_least_that_is_asked_for_keeps_line_by_line() -> None:
    task = score()
    assert task.resource == "arn:${Partition}:states:::sagemaker:createTransformJob.sync"
    assert task.arguments == {
        "TransformJobName": "{% $states.input.job %}",
        "ModelName": "{% $states.input.model %}",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "{% $states.input.from %}"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "{% $states.input.to %}", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def test_everything_that_can_be_asked_for() -> None:
    task = score(
        accept="text/csv",
        strategy="SingleRecord",
        max_concurrent_transforms=0,
        max_payload_mb=0,
        invocation_timeout_seconds=60,
        invocation_retries=0,
        input_filter="$[1:]",
        output_filter="$",
        join_source="Input",
        data_capture=DataCapture(uri="s3://b/capture/", kms_key_id="k"),
        kms_key_id="k",
        environment={"A": "b"},
        tags={"team": "a"},
        input_compression="Gzip",
        overrides={"TransformResources": {"TransformAmiVersion": "v"}},
    )
    asked: Any = task.arguments
    assert problems(task.resource, asked) == ()
    assert asked["MaxPayloadInMB"] == asked["MaxConcurrentTransforms"] == 0
    assert asked["ModelClientConfig"] == {"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 0}
    assert asked["DataCaptureConfig"] == {
        "DestinationS3Uri": "s3://b/capture/",
        "KmsKeyId": "k",
        "GenerateInferenceId": True,
    }
    assert asked["TransformResources"]["VolumeKmsKeyId"] == "k"
    assert asked["TransformResources"]["TransformAmiVersion"] == "v"


def test_it_runs_under_the_models_role_and_passes_none() -> None:
    task = score()
    check(Machine((task,)), traced=False)
    assert not covers(task.statements, "iam:PassRole")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"input_uri": "data/"}, "input_uri='data/' must be an S3 URI"),
        ({"max_payload_mb": -1}, "max_payload_mb=-1 must be at least 0"),
        ({"name_pattern": None}, "pass name_pattern"),
        ({"overrides": {"BatchStrategy": "Single"}}, "did you mean 'SingleRecord'"),
    ],
)
def test_what_the_api_refuses_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        score(**options)
