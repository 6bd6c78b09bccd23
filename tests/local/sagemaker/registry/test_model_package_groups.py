import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab, unique


def test_create_describe_list_delete(lab: Lab) -> None:
    name = unique("Group")
    arn = lab.sagemaker.create_model_package_group(
        ModelPackageGroupName=name, ModelPackageGroupDescription="flights"
    )["ModelPackageGroupArn"]
    assert arn.endswith(f":model-package-group/{name.lower()}")
    for known in (name, arn):
        described = lab.sagemaker.describe_model_package_group(ModelPackageGroupName=known)
        assert described["ModelPackageGroupName"] == name
        assert described["ModelPackageGroupStatus"] == "Completed"
    listed = lab.sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    assert [entry["ModelPackageGroupArn"] for entry in listed] == [arn]
    with pytest.raises(ClientError, match="already exists"):
        lab.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    lab.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    with pytest.raises(ClientError, match=r"ValidationException.* does not exist"):
        lab.sagemaker.describe_model_package_group(ModelPackageGroupName=name)


def test_a_group_with_packages_is_not_deleted(lab: Lab) -> None:
    name = unique("group")
    lab.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    package = lab.sagemaker.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"]
    with pytest.raises(ClientError, match=r"ConflictException.*contains Model Packages"):
        lab.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    lab.sagemaker.delete_model_package(ModelPackageName=package)
    lab.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
