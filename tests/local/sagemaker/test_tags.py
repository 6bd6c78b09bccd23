import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab, unique


def test_tags_come_with_the_resource_and_change(lab: Lab) -> None:
    arn = lab.sagemaker.create_model_package_group(
        ModelPackageGroupName=unique("tagged"), Tags=[{"Key": "team", "Value": "a"}]
    )["ModelPackageGroupArn"]
    added = lab.sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": "1"}]
    )
    assert {tag["Key"]: tag["Value"] for tag in added["Tags"]} == {"team": "b", "cost": "1"}
    lab.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert lab.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "1"}]


def test_a_resource_has_at_most_fifty(lab: Lab) -> None:
    tags = [{"Key": str(number), "Value": ""} for number in range(50)]
    arn = lab.sagemaker.create_model_package_group(ModelPackageGroupName=unique("tagged"), Tags=tags)
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        lab.sagemaker.add_tags(
            ResourceArn=arn["ModelPackageGroupArn"], Tags=[{"Key": "one", "Value": "more"}]
        )


def test_a_resource_that_does_not_exist(lab: Lab) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        lab.sagemaker.list_tags(ResourceArn="arn:aws:sagemaker:us-east-1:000000000000:model/none")
