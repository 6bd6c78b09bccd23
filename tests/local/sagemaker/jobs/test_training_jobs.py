from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab


def refusal(lab: Lab, request: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        lab.sagemaker.create_training_job(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def request_(lab: Lab) -> dict[str, Any]:
    return lab.training({"train": lab.put("valid/train/a.csv", "1,2\n")})


def test_a_channel_with_no_objects_is_refused_at_once(lab: Lab) -> None:
    code, message = refusal(lab, lab.training({"train": f"s3://{lab.bucket}/none/"}))
    assert code == "ValidationException"
    assert message.startswith(f'No S3 objects found under S3 URL "s3://{lab.bucket}/none/"')
    assert lab.role.arn in message


def test_a_role_that_may_not_read_is_refused_at_once(lab: Lab) -> None:
    other = "elsewhere-of-nobody"
    lab.server.client("s3").create_bucket(Bucket=other)
    lab.server.client("s3").put_object(Bucket=other, Key="a.csv", Body=b"1,2\n")
    code, message = refusal(lab, lab.training({"train": f"s3://{other}/"}))
    assert code == "ValidationException"
    assert "s3:ListBucket" in message
    assert f"assumed-role/{lab.role.name}/SageMaker" in message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}},
            "MaxWaitTimeInSeconds is only allowed",
        ),
        ({"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/tmp/x"}}, "must start with /opt/ml/"),
        (
            {"AlgorithmSpecification": {"TrainingImage": "example.com/x:1", "TrainingInputMode": "File"}},
            "no local runtime is registered for image 'example.com/x:1'",
        ),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "either AlgorithmName or TrainingImage"),
    ],
)
def test_what_sagemaker_does_not_take(
    lab: Lab, request_: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    code, message = refusal(lab, {**request_, **changes})
    assert code == "ValidationException"
    assert told in message


def test_what_the_apis_model_leaves_open(lab: Lab, request_: dict[str, Any]) -> None:
    del request_["ResourceConfig"]
    assert "Value null at 'resourceConfig'" in refusal(lab, request_)[1]


def test_channels_named_twice(lab: Lab, request_: dict[str, Any]) -> None:
    request_["InputDataConfig"] *= 2
    assert "duplicate channel names" in refusal(lab, request_)[1]


def test_an_image_that_cannot_train(lab: Lab, request_: dict[str, Any]) -> None:
    request_["AlgorithmSpecification"]["TrainingImage"] = "example.com/echo:1"
    assert (
        "the local runtime of image 'example.com/echo:1' has no 'train' command" in refusal(lab, request_)[1]
    )
