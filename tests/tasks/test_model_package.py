from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.model import Container
from mdlc_constructs.tasks.model_package import (
    create_model_package,
    describe_model_package,
    list_model_packages,
    update_model_package,
)

VERSIONS = "arn:${Partition}:sagemaker:${Region}:${Account}:model-package/churn/*"
METRICS = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "{% $metrics %}"}}}


def register(**options: Any) -> Task:
    containers = (Container(image="${Image}", model_data_url="{% $model %}"),)
    return create_model_package("Register", group_name="churn", containers=containers, **options)


def checked(task: Task) -> Any:
    assert problems(task.resource, task.arguments) == ()
    check(Machine((task,), bindings={"Image": "i"}), traced=False)
    return task.arguments


def test_a_version_waits_for_approval_unless_told_otherwise() -> None:
    asked = checked(register())
    assert asked == {
        "ModelPackageGroupName": "churn",
        "InferenceSpecification": {
            "Containers": [{"Image": "${Image}", "ModelDataUrl": "{% $model %}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "ModelApprovalStatus": "PendingManualApproval",
    }


def test_everything_that_can_be_told_of_a_version() -> None:
    asked = checked(
        register(
            metrics=METRICS,
            metadata={"run": "{% $run %}", "rows": 10},
            drift_baselines={"ModelQuality": METRICS["ModelQuality"]},
            commit_id="abc",
            repository="https://example.org/r",
            generated_by="{% $states.context.Execution.Id %}",
            domain="MACHINE_LEARNING",
            task="CLASSIFICATION",
            client_token="{% $run %}",
            tags={"team": "a"},
            approval_status="Rejected",
            description="d",
            transform_instance_types=("ml.m5.large",),
            realtime_instance_types=("ml.m5.large",),
            overrides={"SkipModelValidation": "None"},
        )
    )
    assert asked["MetadataProperties"]["CommitId"] == "abc"
    assert asked["CustomerMetadataProperties"] == {"run": "{% $run %}", "rows": "10"}
    assert asked["ModelMetrics"] == METRICS


def test_approval_is_granted_on_the_groups_versions_only() -> None:
    task = update_model_package(
        "Decide",
        package_arn="{% $package %}",
        group_name="churn",
        approval_status="{% $ok ? 'Approved' : 'Rejected' %}",
        approval_description="by the gate",
        metadata={"gate": "passed"},
    )
    asked = checked(task)
    assert asked["ModelApprovalStatus"] == "{% $ok ? 'Approved' : 'Rejected' %}"
    (statement,) = task.statements
    assert statement.actions == ("sagemaker:UpdateModelPackage",)
    assert statement.resources == (VERSIONS,)


def test_versions_are_described_and_listed() -> None:
    described = describe_model_package("Describe", package_arn="{% $package %}", group_name="churn")
    assert checked(described) == {"ModelPackageName": "{% $package %}"}
    listed = list_model_packages("List", group_name="churn", approval_status="Approved", limit=1)
    assert checked(listed) == {
        "ModelPackageGroupName": "churn",
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }


@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_is_between_1_and_100(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit={limit} must be between 1 and 100"):
        list_model_packages("List", group_name="churn", limit=limit)


def test_a_status_that_does_not_exist_is_found_by_the_check() -> None:
    task = register(approval_status="Aproved")
    with pytest.raises(ValueError, match=r"ModelApprovalStatus of .* is 'Aproved'; did you mean 'Approved'"):
        check(Machine((task,), bindings={"Image": "i"}), traced=False)
