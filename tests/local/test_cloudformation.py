import json
from typing import Any

import pytest

from mdlc_local import cloudformation
from mdlc_local.sagemaker import model
from tests.local.conftest import Clients
from tests.local.embedded import ACCOUNT, REGION

GROUP = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group"


def deploy(client: Clients, name: str, resources: dict[str, Any], *, update: bool = False) -> dict[str, str]:
    stacks = client("cloudformation")
    template = {
        "Resources": resources,
        "Outputs": {
            "Ref": {"Value": {"Ref": "Thing"}},
            "Arn": {"Value": {"Fn::GetAtt": ["Thing", resources["Thing"]["Metadata"]["arn"]]}},
        },
    }
    do, wait = (
        ("update_stack", "stack_update_complete") if update else ("create_stack", "stack_create_complete")
    )
    getattr(stacks, do)(StackName=name, TemplateBody=json.dumps(template))
    stacks.get_waiter(wait).wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def delete(client: Clients, name: str) -> None:
    stacks = client("cloudformation")
    stacks.delete_stack(StackName=name)
    waiter = stacks.get_waiter("stack_delete_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})


def thing(kind: str, arn: str, **properties: Any) -> dict[str, Any]:
    return {"Thing": {"Type": kind, "Metadata": {"arn": arn}, "Properties": properties}}


def test_a_model_package_group_is_made_changed_and_deleted(client: Clients) -> None:
    sagemaker = client("sagemaker")
    resources = thing(
        "AWS::SageMaker::ModelPackageGroup",
        "ModelPackageGroupArn",
        ModelPackageGroupName="flights",
        ModelPackageGroupDescription="one",
        Tags=[{"Key": "team", "Value": "a"}],
    )
    assert deploy(client, "group", resources) == {"Ref": f"{GROUP}/flights", "Arn": f"{GROUP}/flights"}
    package = sagemaker.create_model_package(ModelPackageGroupName="flights")["ModelPackageArn"]
    resources["Thing"]["Properties"]["ModelPackageGroupDescription"] = "two"
    deploy(client, "group", resources, update=True)
    described = sagemaker.describe_model_package_group(ModelPackageGroupName="flights")
    assert described["ModelPackageGroupDescription"] == "two"
    assert sagemaker.list_tags(ResourceArn=f"{GROUP}/flights")["Tags"] == [{"Key": "team", "Value": "a"}]
    sagemaker.delete_model_package(ModelPackageName=package)
    delete(client, "group")
    assert sagemaker.list_model_package_groups(NameContains="flights")["ModelPackageGroupSummaryList"] == []


def test_a_group_with_packages_stays_and_the_stack_says_why(client: Clients) -> None:
    sagemaker, stacks = client("sagemaker"), client("cloudformation")
    resources = thing(
        "AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupArn", ModelPackageGroupName="kept"
    )
    deploy(client, "kept", resources)
    package = sagemaker.create_model_package(ModelPackageGroupName="kept")["ModelPackageArn"]
    stacks.delete_stack(StackName="kept")
    with pytest.raises(Exception, match="DELETE_FAILED"):
        stacks.get_waiter("stack_delete_complete").wait(StackName="kept", WaiterConfig={"Delay": 0.1})
    events = stacks.describe_stack_events(StackName="kept")["StackEvents"]
    assert any("contains Model Packages" in event.get("ResourceStatusReason", "") for event in events)
    sagemaker.delete_model_package(ModelPackageName=package)
    delete(client, "kept")


def test_a_model_without_a_name_gets_one(client: Clients, make_role: Any) -> None:
    role = make_role(principal="sagemaker.amazonaws.com").arn
    image = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-xgboost:3.0-5"
    resources = thing(
        "AWS::SageMaker::Model",
        "ModelName",
        ExecutionRoleArn=role,
        EnableNetworkIsolation="true",
        PrimaryContainer={"Image": image},
    )
    outputs = deploy(client, "model", resources)
    assert outputs["Ref"] == outputs["Arn"]
    assert outputs["Ref"].startswith("model-Thing-")
    assert client("sagemaker").describe_model(ModelName=outputs["Ref"])["EnableNetworkIsolation"] is True
    delete(client, "model")
    assert client("sagemaker").list_models(NameContains="model-Thing-")["Models"] == []


def test_types_that_are_only_recorded(client: Clients) -> None:
    resources = thing("AWS::CloudWatch::CompositeAlarm", "Arn", AlarmRule="ALARM(a)")
    outputs = deploy(client, "alarm", resources)
    assert outputs["Ref"].startswith("alarm-Thing-")
    resources["Thing"]["Properties"]["AlarmRule"] = "ALARM(b)"
    assert deploy(client, "alarm", resources, update=True) == outputs
    delete(client, "alarm")


def test_properties_take_the_types_of_the_api() -> None:
    shape = model.operation("CreateTrainingJob").input_shape
    properties = {
        "ResourceConfig": {"InstanceCount": "2", "VolumeSizeInGB": 10.0},
        "EnableNetworkIsolation": "false",
        "HyperParameters": {"depth": 3, "flag": True},
        "Tags": [{"Key": "a", "Value": 1}],
        "Unknown": 1,
    }
    assert cloudformation.typed(shape, properties) == {
        "ResourceConfig": {"InstanceCount": 2, "VolumeSizeInGB": 10},
        "EnableNetworkIsolation": False,
        "HyperParameters": {"depth": "3", "flag": "true"},
        "Tags": [{"Key": "a", "Value": "1"}],
    }


def test_a_group_that_a_deleted_stack_left_is_imported_by_its_arn(client: Clients) -> None:
    sagemaker, stacks = client("sagemaker"), client("cloudformation")
    resources = thing(
        "AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupArn", ModelPackageGroupName="again"
    )
    resources["Thing"]["DeletionPolicy"] = "Retain"
    deploy(client, "again", resources)
    package = sagemaker.create_model_package(ModelPackageGroupName="again")["ModelPackageArn"]
    delete(client, "again")
    request = {
        "StackName": "again",
        "ChangeSetName": "take-up",
        "ChangeSetType": "IMPORT",
        "TemplateBody": json.dumps({"Resources": resources}),
    }
    kind = {"ResourceType": "AWS::SageMaker::ModelPackageGroup", "LogicalResourceId": "Thing"}
    chosen = {**kind, "ResourceIdentifier": {"ModelPackageGroupArn": f"{GROUP}/nobody"}}
    stacks.create_change_set(**request, ResourcesToImport=[chosen])
    refused = stacks.describe_change_set(StackName="again", ChangeSetName="take-up")
    assert refused["Status"] == "FAILED" and "was not found" in refused["StatusReason"]
    stacks.delete_change_set(StackName="again", ChangeSetName="take-up")
    chosen["ResourceIdentifier"] = {"ModelPackageGroupArn": f"{GROUP}/again"}
    stacks.create_change_set(**request, ResourcesToImport=[chosen])
    stacks.execute_change_set(StackName="again", ChangeSetName="take-up")
    waiter = stacks.get_waiter("stack_import_complete")
    waiter.wait(StackName="again", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    (resource,) = stacks.describe_stack_resources(StackName="again")["StackResources"]
    assert resource["PhysicalResourceId"] == f"{GROUP}/again"
    # It is the stack's again: an update changes it, and its versions are still there.
    resources["Thing"]["Properties"]["ModelPackageGroupDescription"] = "two"
    del resources["Thing"]["DeletionPolicy"]
    deploy(client, "again", resources, update=True)
    assert sagemaker.list_model_packages(ModelPackageGroupName="again")["ModelPackageSummaryList"]
    sagemaker.delete_model_package(ModelPackageName=package)
    delete(client, "again")


def test_what_is_for_aws_only_is_refused_before_anything_is_made(client: Clients) -> None:
    stacks = client("cloudformation")
    app = {
        "Name": "churn",
        "ArtifactStoreUri": "s3://b/mlflow",
        "RoleArn": "arn:aws:iam::000000000000:role/r",
    }
    body = json.dumps({"Resources": thing("AWS::SageMaker::MlflowApp", "Arn", **app)})
    said = (
        r"Thing is an AWS::SageMaker::MlflowApp, which is not made here: MLflow is for AWS only: leave .* out"
    )
    with pytest.raises(stacks.exceptions.ClientError, match=said):
        stacks.create_stack(StackName="tracked", TemplateBody=body)
    with pytest.raises(stacks.exceptions.ClientError, match=said):
        stacks.create_change_set(
            StackName="tracked", ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=body
        )
    with pytest.raises(stacks.exceptions.ClientError, match="does not exist"):
        stacks.describe_stacks(StackName="tracked")
