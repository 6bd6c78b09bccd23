from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.sagemaker import authorization, records
from mdlc_local.sagemaker.records import MODEL_PACKAGE_GROUP
from mdlc_local.scopes import Scope
from tests.local.conftest import role_maker
from tests.local.embedded import ACCOUNT, REGION, allow
from tests.local.sagemaker.lab import Lab, unique

HERE = Scope(ACCOUNT, REGION)
PREFIX = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"


@pytest.fixture
def group() -> Iterator[str]:
    records.table(MODEL_PACKAGE_GROUP, HERE)["flights"] = {
        "ModelPackageGroupName": "Flights",
        "ModelPackageGroupArn": f"{PREFIX}:model-package-group/flights",
        "_last_version": 4,
    }
    yield "Flights"
    records.clear()


@pytest.mark.parametrize(
    ("operation", "request_", "arn"),
    [
        ("CreateTrainingJob", {"TrainingJobName": "My-Job"}, f"{PREFIX}:training-job/my-job"),
        ("StopTransformJob", {"TransformJobName": "a"}, f"{PREFIX}:transform-job/a"),
        ("DescribeModel", {"ModelName": "m"}, f"{PREFIX}:model/m"),
        ("ListModels", {}, "*"),
        ("ListModelPackages", {"ModelPackageGroupName": "Flights"}, "*"),
        ("CreateModelPackage", {"ModelPackageGroupName": "Flights"}, f"{PREFIX}:model-package/flights/5"),
        ("CreateModelPackage", {"ModelPackageGroupName": "none"}, f"{PREFIX}:model-package/none/1"),
        (
            "UpdateModelPackage",
            {"ModelPackageArn": f"{PREFIX}:model-package/flights/2"},
            f"{PREFIX}:model-package/flights/2",
        ),
        ("DescribeModelPackage", {"ModelPackageName": "flights/2"}, f"{PREFIX}:model-package/flights/2"),
        ("AddTags", {"ResourceArn": f"{PREFIX}:model/m"}, f"{PREFIX}:model/m"),
        ("CreateTrainingJob", {"TrainingJobName": 3}, "*"),
    ],
)
@pytest.mark.usefixtures("group")
def test_the_resource_of_a_request(operation: str, request_: dict[str, Any], arn: str) -> None:
    assert authorization.resource_arn(operation, request_, HERE) == arn


def caller(lab: Lab, *statements: dict[str, Any]) -> Any:
    """A SageMaker client of a new role with these statements."""
    role = role_maker(lab.server)(*statements)
    return lab.server.client("sagemaker", credentials=role.credentials)


def pass_role(lab: Lab, service: str = "sagemaker.amazonaws.com") -> dict[str, Any]:
    return allow("iam:PassRole", lab.role.arn, Condition={"StringEquals": {"iam:PassedToService": service}})


CREATE = allow("sagemaker:CreateProcessingJob", f"{PREFIX}:processing-job/process-*")


def test_the_narrowest_statements_suffice(lab: Lab) -> None:
    request = lab.processing("print(1)")
    caller(lab, CREATE, pass_role(lab)).create_processing_job(**request)
    assert lab.wait("processing", request["ProcessingJobName"])["ProcessingJobStatus"] == "Completed"


def test_a_missing_action_is_named_with_its_resource(lab: Lab) -> None:
    request = lab.processing("print(1)", ProcessingJobName=unique("other"))
    arn = f"{PREFIX}:processing-job/{request['ProcessingJobName']}"
    told = (
        f"is not authorized to perform: sagemaker:CreateProcessingJob on resource: {arn} "
        "because no identity-based policy allows the sagemaker:CreateProcessingJob action"
    )
    with pytest.raises(ClientError, match=told) as raised:
        caller(lab, CREATE, pass_role(lab)).create_processing_job(**request)
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("passed_to", [None, "lambda.amazonaws.com"])
def test_a_missing_pass_role_is_named(lab: Lab, passed_to: str | None) -> None:
    statements = [CREATE] if passed_to is None else [CREATE, pass_role(lab, passed_to)]
    told = (
        f"is not authorized to perform: iam:PassRole on resource: {lab.role.arn} "
        "because no identity-based policy allows the iam:PassRole action"
    )
    with pytest.raises(ClientError, match=told) as raised:
        caller(lab, *statements).create_processing_job(**lab.processing("print(1)"))
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_model_passes_its_role_too(lab: Lab) -> None:
    client = caller(lab, allow("sagemaker:CreateModel"))
    with pytest.raises(ClientError, match="iam:PassRole on resource"):
        client.create_model(
            ModelName=unique("m"),
            ExecutionRoleArn=lab.role.arn,
            PrimaryContainer={"Image": "example.com/echo:1"},
        )


def test_tags_at_creation_need_add_tags(lab: Lab) -> None:
    statement = allow("sagemaker:CreateModelPackageGroup")
    request = {"ModelPackageGroupName": unique("g"), "Tags": [{"Key": "team", "Value": "a"}]}
    with pytest.raises(ClientError, match=r"sagemaker:AddTags on resource: arn:.*model-package-group/g-"):
        caller(lab, statement).create_model_package_group(**request)
    tagged = allow("sagemaker:AddTags", Condition={"StringEquals": {"aws:RequestTag/team": "a"}})
    caller(lab, statement, tagged).create_model_package_group(**request)
