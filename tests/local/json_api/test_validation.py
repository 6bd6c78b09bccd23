from typing import Any

import pytest

from mdlc_local.errors import ApiError
from mdlc_local.json_api import validation
from mdlc_local.sagemaker import model


def check(operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as raised:
        validation.check(model.operation(operation).input_shape, request)
    return f"{raised.value.code}: {raised.value.message}"


def test_a_right_request_passes() -> None:
    shape = model.operation("CreateModelPackage").input_shape
    request = {
        "ModelPackageGroupName": "flights",
        "ModelPackageDescription": "Late? (15+ min), 80% of flights: AUC=0.68 [ok] \"a\" 'b' {c}",
        "CustomerMetadataProperties": {"data.version/x": "a1=b+c"},
        "Tags": [{"Key": "team:ml", "Value": "flüge @ home"}],
    }
    validation.check(shape, request)


def test_missing_members_are_all_named() -> None:
    told = check("CreateTrainingJob", {"TrainingJobName": "a"})
    assert told.startswith("ValidationException: 2 validation errors detected: ")
    assert "Value null at 'roleArn' failed to satisfy constraint: Member must not be null" in told
    assert "Value null at 'outputDataConfig' failed" in told


@pytest.mark.parametrize(
    ("operation", "request_", "told"),
    [
        (
            "DescribeTrainingJob",
            {"TrainingJobName": "a_b"},
            "1 validation error detected: Value 'a_b' at 'trainingJobName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        ("DescribeTrainingJob", {"TrainingJobName": "a" * 64}, "length less than or equal to 63"),
        ("ListModels", {"MaxResults": 101}, "Member must have value less than or equal to 100"),
        ("ListModels", {"SortOrder": "Up"}, "Member must satisfy enum value set: [Ascending, Descending]"),
        ("DescribeModel", {"ModelNam": "a", "ModelName": "a"}, 'Unknown parameter in input: "ModelNam"'),
        ("AddTags", {"ResourceArn": "arn:aws:x:::y", "Tags": [{"Key": "a"}]}, "at 'tags.1.member.value'"),
    ],
)
def test_constraints_in_the_words_of_aws(operation: str, request_: dict[str, Any], told: str) -> None:
    assert told in check(operation, request_)


def test_limits_of_a_processing_job() -> None:
    request = {
        "ProcessingJobName": "p",
        "RoleArn": "arn:aws:iam::000000000000:role/jobs",
        "AppSpecification": {"ImageUri": "image", "ContainerArguments": ["a" * 257]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.impossible", "VolumeSizeInGB": 1}
        },
        "Environment": {"NAME": "v" * 257},
    }
    told = check("CreateProcessingJob", request)
    assert "3 validation errors" in told
    assert "'appSpecification.containerArguments.1.member'" in told
    assert "Map value must satisfy constraint: [Member must have length less than or equal to 256]" in told
    assert "Value 'ml.impossible' at 'processingResources.clusterConfig.instanceType'" in told


def test_a_value_of_the_wrong_type() -> None:
    assert check("DescribeModel", {"ModelName": 3}) == (
        "SerializationException: int can not be converted to String at 'ModelName'"
    )
    assert check("ListModels", {"MaxResults": True}).startswith("SerializationException: Boolean can not be")


def test_every_pattern_of_the_model_is_understood() -> None:
    shapes = model.service_model()
    patterns = {shapes.shape_for(name).metadata.get("pattern") for name in shapes.shape_names} - {None}
    assert len(patterns) > 100
    for pattern in patterns:
        validation.matches(pattern, "a")
