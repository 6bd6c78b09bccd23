import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import XGBOOST, Lab, unique


@pytest.fixture
def group(lab: Lab) -> str:
    name = unique("registry")
    lab.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def create(lab: Lab, group: str, **more: Any) -> str:
    arn: str = lab.sagemaker.create_model_package(ModelPackageGroupName=group, **more)["ModelPackageArn"]
    return arn


def test_versions_count_up_and_are_not_given_again(lab: Lab, group: str) -> None:
    first, second = create(lab, group), create(lab, group)
    assert (first[-2:], second[-2:]) == ("/1", "/2")
    lab.sagemaker.delete_model_package(ModelPackageName=second)
    assert create(lab, group)[-2:] == "/3"
    with pytest.raises(ClientError, match=r"ValidationException.*ModelPackage .* does not exist"):
        lab.sagemaker.describe_model_package(ModelPackageName=second)


def test_what_is_registered_is_described(lab: Lab, group: str) -> None:
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/m.json"}}}
    containers = [{"Image": XGBOOST, "ModelDataUrl": "s3://b/model.tar.gz"}]
    arn = create(
        lab,
        group,
        ModelPackageDescription="Late?",
        ModelMetrics=metrics,
        InferenceSpecification={"Containers": containers, "SupportedContentTypes": ["text/csv"]},
        CustomerMetadataProperties={"data": "v1", "run": "a"},
    )
    described = lab.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelPackageGroupName"] == group
    assert described["ModelPackageVersion"] == 1
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelMetrics"] == metrics
    assert described["InferenceSpecification"]["Containers"] == containers
    lab.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Rejected",
        ApprovalDescription="worse",
        CustomerMetadataProperties={"data": "v2", "new": "b"},
        CustomerMetadataPropertiesToRemove=["run"],
    )
    described = lab.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Rejected"
    assert described["ApprovalDescription"] == "worse"
    assert described["CustomerMetadataProperties"] == {"data": "v2", "new": "b"}


def test_a_repeated_request_makes_one_package(lab: Lab, group: str) -> None:
    token = unique("token")
    assert create(lab, group, ClientToken=token) == create(lab, group, ClientToken=token)
    assert create(lab, group, ClientToken=unique("token"))[-2:] == "/2"


def test_lists_hold_summaries_filtered_ordered_and_paged(lab: Lab, group: str) -> None:
    arns = [create(lab, group, CustomerMetadataProperties={"n": str(number)}) for number in range(12)]
    for arn in arns[3:5]:
        lab.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    pages = lab.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    sizes = [len(page["ModelPackageSummaryList"]) for page in pages]
    assert sizes == [10, 2]
    approved = lab.sagemaker.list_model_packages(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )
    assert [entry["ModelPackageArn"] for entry in approved["ModelPackageSummaryList"]] == [arns[4]]
    assert "NextToken" in approved
    assert "CustomerMetadataProperties" not in approved["ModelPackageSummaryList"][0]


def test_unversioned_packages_are_listed_apart(lab: Lab, group: str) -> None:
    create(lab, group)
    name = unique("single")
    lab.sagemaker.create_model_package(ModelPackageName=name)
    found = lab.sagemaker.list_model_packages(NameContains=name)["ModelPackageSummaryList"]
    assert [entry["ModelPackageName"] for entry in found] == [name]
    versioned = lab.sagemaker.list_model_packages(ModelPackageType="Versioned", MaxResults=100)
    assert all("ModelPackageVersion" in entry for entry in versioned["ModelPackageSummaryList"])
    with pytest.raises(ClientError, match="Cannot create already existing model package"):
        lab.sagemaker.create_model_package(ModelPackageName=name)


def test_requests_that_are_wrong(lab: Lab, group: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*does not exist"):
        create(lab, unique("none"))
    with pytest.raises(ClientError, match="Exactly one of ModelPackageName and ModelPackageGroupName"):
        lab.sagemaker.create_model_package(ModelPackageName="a", ModelPackageGroupName=group)
    with pytest.raises(ClientError, match=r"enum value set: \[Approved, Rejected, PendingManualApproval\]"):
        create(lab, group, ModelApprovalStatus="Yes")


def test_a_model_is_made_from_a_package_unless_it_is_rejected(lab: Lab, group: str) -> None:
    url = lab.archive(f"{group}/model.tar.gz", {"xgboost-model": ""})
    specification = {
        "Containers": [{"Image": XGBOOST, "ModelDataUrl": url}],
        "SupportedContentTypes": ["text/csv"],
    }
    arn = create(lab, group, InferenceSpecification=specification)
    request = {"ExecutionRoleArn": lab.role.arn, "PrimaryContainer": {"ModelPackageName": arn}}
    lab.sagemaker.create_model(ModelName=unique("model"), **request)
    lab.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    with pytest.raises(ClientError, match="it is Rejected"):
        lab.sagemaker.create_model(ModelName=unique("model"), **request)


def test_each_change_is_an_event_that_says_what_changed(lab: Lab, group: str) -> None:
    queue = unique("events")
    sqs, events = lab.server.client("sqs"), lab.server.client("events")
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ]
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [group]},
    }
    events.put_rule(Name=queue, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=queue, Targets=[{"Id": "queue", "Arn": arn}])
    package = create(lab, group)
    lab.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    lab.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    stage = {"Stage": "Production", "StageStatus": "Deployed"}
    lab.sagemaker.update_model_package(ModelPackageArn=package, ModelLifeCycle=stage)
    seen: list[dict[str, Any]] = []
    deadline = time.monotonic() + 10
    while len(seen) < 3 and time.monotonic() < deadline:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        seen += [json.loads(message["Body"]) for message in received.get("Messages", [])]
    told = {
        (event["detail"]["ModelApprovalStatus"], *event["detail"].get("UpdatedModelPackageFields", ()))
        for event in seen
    }
    assert told == {
        ("PendingManualApproval",),
        ("Approved", "ModelApprovalStatus"),
        ("Approved", "ModelLifeCycle"),
    }
    assert [e["detail"]["ModelLifeCycle"] for e in seen if "ModelLifeCycle" in e["detail"]] == [stage]
    assert lab.sagemaker.describe_model_package(ModelPackageName=package)["ModelLifeCycle"] == stage
    assert all(event["resources"] == [package] for event in seen)
    assert all(event["detail"]["ModelPackageVersion"] == 1 for event in seen)


def test_a_model_card_is_kept_described_and_checked(lab: Lab, group: str) -> None:
    content = json.dumps({"additional_information": {"custom_details": {"run": "a"}}})
    card = {"ModelCardContent": content, "ModelCardStatus": "PendingReview"}
    arn = create(lab, group, ModelCard=card)
    assert lab.sagemaker.describe_model_package(ModelPackageName=arn)["ModelCard"] == card
    described = lab.sagemaker.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly")
    assert described["ModelCard"] == {**card, "ModelCardContent": "{}"}
    lab.sagemaker.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Approved"})
    changed = lab.sagemaker.describe_model_package(ModelPackageName=arn)["ModelCard"]
    assert changed == {"ModelCardContent": content, "ModelCardStatus": "Approved"}
    for wrong, said in (("{}\n", r"pattern: \.\*"), ("[]", "is no object")):
        with pytest.raises(ClientError, match=rf"(?s)ValidationException.*{said}"):
            create(lab, group, ModelCard={"ModelCardContent": wrong})
